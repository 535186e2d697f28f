// A reporter of node's test runner: the slowest tests, slowest first.
export default async function* durations(events) {
  const took = [];
  for await (const { type, data } of events) {
    // a suite takes as long as its tests
    if (/^test:(pass|fail)$/.test(type) && data.details.type !== "suite") took.push([data.details.duration_ms, data.name]);
  }
  const slowest = took.sort(([a], [b]) => b - a).slice(0, 20);
  yield `\nslowest tests:\n${slowest.map(([ms, name]) => `${(ms / 1000).toFixed(1).padStart(8)} s  ${name}\n`).join("")}`;
}
