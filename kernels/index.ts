// What the host sees of the module.
export { fail, parallel, serial, stop, workerLoop } from "./thread";
export { setScratch } from "./scratch";
