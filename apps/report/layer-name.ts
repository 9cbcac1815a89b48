/** Names of layers where there is little room. */

/** `stages.3.blocks.0.attention.0.outputNeurons` → `3.0.attention.output`. */
export function shortName(layer: string): string {
  return layer
    .replace(/^stages\./, "")
    .replace(".blocks.", ".")
    .replace(/attention\.0(?:\.projections\.0)?/, "attention")
    .replace(/\.?neurons(\d*)$/i, (_, number: string) => (number === "" ? "" : `.${number}`));
}
