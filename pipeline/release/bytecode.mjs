// Bytecode: compiles Python modules for pipeline/release/bytecode.py, a line of JSON for each request and answer.
//
// The package is CPython compiled to WebAssembly, with its own standard library; its version of CPython has to be
// the functions'. Run by Deno, which lets it read, write the one image that is asked for, and nothing else.
//
// Its first argument is `load` or `make`, its second the path of an image: the memory of an interpreter that has
// started. Starting takes seconds, loading what has started takes half of one.
import { loadPyodide } from "npm:pyodide@0.29.5";

const [image, path] = Deno.args;
const python = await loadPyodide({
  // What it says would mix with the answers.
  stdout: () => {},
  stderr: () => {},
  ...(image === "load" ? { _loadSnapshot: await Deno.readFile(path) } : { _makeSnapshot: true }),
});
if (image === "make") {
  await Deno.writeFile(path, python.makeMemorySnapshot());
}

const answer = python.runPython(`
import base64, json, platform
from importlib import util
from importlib._bootstrap_external import _code_to_hash_pyc

def compiled(name, source):
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    # With the source's hash, which is not checked: neither times nor sources are looked at in a cold start.
    return bytes(_code_to_hash_pyc(code, util.source_hash(source), False))

def answer(line):
    modules, faults = {}, []
    for name, encoded in json.loads(line).items():
        try:
            modules[name] = base64.b64encode(compiled(name, base64.b64decode(encoded))).decode()
        except (SyntaxError, ValueError) as wrong:
            faults.append(f"{name}:{getattr(wrong, 'lineno', None) or 1}: {getattr(wrong, 'msg', wrong)}")
    return json.dumps({"python": platform.python_version(), "modules": modules, "faults": faults})

answer
`);

const decoder = new TextDecoder();
const encoder = new TextEncoder();
let kept = "";
for await (const chunk of Deno.stdin.readable) {
  kept += decoder.decode(chunk, { stream: true });
  for (let end = kept.indexOf("\n"); end >= 0; end = kept.indexOf("\n")) {
    const bytes = encoder.encode(answer(kept.slice(0, end)) + "\n");
    kept = kept.slice(end + 1);
    for (let sent = 0; sent < bytes.length; ) {
      sent += await Deno.stdout.write(bytes.subarray(sent));
    }
  }
}
