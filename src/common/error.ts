/** The text of an error for the user. */

/** Its sentence, and the batch system's own text where the sentence does not hold them. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const own: unknown = 'detail' in error ? error.detail : '';
  return typeof own === 'string' && own && !error.message.includes(own)
    ? `${error.message} ${own}`
    : error.message;
}
