// The diff engine of CDK: `node diff.js OLD NEW` prints what changes between two templates.
const { fullDiff, formatDifferences } = require("@aws-cdk/cloudformation-diff");
const fs = require("node:fs");

const [before, after] = process.argv.slice(2).map((name) => JSON.parse(fs.readFileSync(name, "utf8")));
formatDifferences(process.stdout, fullDiff(before, after));
