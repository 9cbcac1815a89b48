// What the host sees of the module.
export { parallel, serial, stop, workerLoop } from "./thread";
export { setScratch } from "./scratch";
