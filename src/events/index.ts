export type { Events, EventStream, SensorSize } from "./columns.ts";
export { type Fault, FAULTS_KEPT, type FaultReport, type ReadMode } from "./faults.ts";
export { openEvents } from "./open.ts";
export type { OpenOptions, Recording } from "./recording.ts";
export { type ByteInput, ByteSource } from "./source.ts";
