// From a kernel's number to its code.
import * as id from "./ids";
import { padImages } from "./conv";
import { columnProducts, combine, packColumns, rowProducts } from "./gemm";

/** Runs one task of a kernel; `args` is the address of its arguments. */
export function run(kernel: i32, args: usize, task: i32): void {
  switch (kernel) {
    case id.PACK_COLUMNS:
      return packColumns(args, task);
    case id.ROW_PRODUCTS:
      return rowProducts(args, task);
    case id.COLUMN_PRODUCTS:
      return columnProducts(args, task);
    case id.COMBINE:
      return combine(args, task);
    case id.PAD_IMAGES:
      return padImages(args, task);
    default:
      unreachable();
  }
}
