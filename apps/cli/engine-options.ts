/** Options of commands that compile models. */
import { Option } from "commander";

/** Numbers of weights and sums where spikes are gathered. */
export function precisionOption(): Option {
  return new Option(
    "--precision <NAME>",
    "numbers of a compiled model where spikes are gathered; default: f32",
  ).choices(["f32", "int16"]);
}

/** Off: kernels are chosen by typical costs, so that every machine chooses alike. */
export function calibrateOption(): Option {
  return new Option("--no-calibrate", "choose kernels by typical costs, not by those of this machine");
}
