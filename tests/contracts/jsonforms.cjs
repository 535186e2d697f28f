// Prints the example schemas of JSON Forms with their data, one JSON object a line.
// Usage: jsonforms.cjs FILE, the CommonJS library of @jsonforms/examples. What it requires is not needed for the schemas.
const Module = require('node:module');
const path = require('node:path');

const anything = new Proxy(function () {}, { get: (_, key) => (key === Symbol.toPrimitive ? () => '' : anything), apply: () => anything });
const load = Module._load;
Module._load = (request, parent, isMain) => {
  try {
    return load(request, parent, isMain);
  } catch {
    return anything;
  }
};

for (const { name, schema, data } of require(path.resolve(process.argv[2])).getExamples()) {
  if (schema && schema.type === 'object') console.log(JSON.stringify({ name, schema, values: data ? [data] : [] }));
}
