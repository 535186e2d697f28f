// Lengthens the time limits of the conformance suite. It gives some answers half a second, which a busy machine exceeds.
//   node --import ./conformance_patience.mjs SUITE
const schedule = globalThis.setTimeout;
globalThis.setTimeout = (callback, delay, ...values) => schedule(callback, delay * 20, ...values);
