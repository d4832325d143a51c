/** The mapping as a sheet, out and in. */
export function SheetDialog() {
  return null;
}
