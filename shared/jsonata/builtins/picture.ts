import { ExpressionError } from '../error.ts';
import { charge } from '../run.ts';

/** Characters that the picture of a number or a date may have. */
const longest = 1000;

/** Counts the reading of a picture. @throws ExpressionError M1011 for one that is too long */
export function checkPicture(picture: string): void {
  if (picture.length > longest) throw new ExpressionError('M1011', { value: longest });
  // For each separator the places behind it are counted.
  charge(picture.length * 8 + ((picture.length ** 2) >> 3));
}
