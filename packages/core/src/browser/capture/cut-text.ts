/**
 * The beginning of a text, `limit` characters at most, that ends between words and without the beginning of a number: half an address or
 * half a card number is not known for what it is any more, and would not be masked.
 */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const whole = text.slice(0, limit + 1).search(/\S*$/);
  let end = Math.min(whole, limit);
  while (end > 0 && /[\s\d().+/-]/.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
