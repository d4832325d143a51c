/** Where the shape of the target comes from. */
export function TargetDialog() {
  return null;
}
