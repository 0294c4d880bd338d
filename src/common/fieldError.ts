/** One sentence on what is wrong with a field, and the value that sets it right where that is plain. */
export interface FieldError {
  message: string;
  remedy?: string;
  /** The batch system's own text. */
  detail?: string;
}
