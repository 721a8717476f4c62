// Prints the source of axe-core, for a browser to run.
import axe from "npm:axe-core@4.14.1";

console.log(axe.source);
