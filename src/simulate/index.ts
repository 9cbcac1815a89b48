export { EventSensor, type SensorPhysics, sensorPresets } from "./sensor.ts";
