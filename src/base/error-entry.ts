/** What a code says. */
export interface ErrorEntry {
  /** Message with `{placeholders}` filled from the error's data. */
  readonly message: string
  /** What the person can do about it. */
  readonly hint?: string
  /** Exit status of `ax` and `axd`. */
  readonly exit: number
  /** Code that a peer on the wire is told in place of this one; absent: only `ERR_UNSUPPORTED` or a closed stream. */
  readonly peer?: 'same'
}
