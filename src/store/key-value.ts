/** One change of a batch. */
export type Change =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string }

/** The little a store is built on: ordered keys, and batches that are whole and durable when they resolve. */
export interface KeyValue {
  /** Files that were found damaged when it was opened, and set aside; what they held is gone from here. */
  readonly damaged: readonly string[]
  get(key: string): Promise<Uint8Array | undefined>
  /** All entries whose key begins so, in order of keys. */
  entries(prefix: string): AsyncIterable<readonly [key: string, value: Uint8Array]>
  /** The same, many at once: to wait for each is a good part of what reading a large team costs. */
  lots(prefix: string): AsyncIterable<readonly (readonly [key: string, value: Uint8Array])[]>
  /** All or nothing; resolves when it is durable. Rejects with ERR_STORE_WRITE. */
  write(changes: readonly Change[]): Promise<void>
  close(): Promise<void>
}

/** The first key after all that begin so. */
export function afterPrefix(prefix: string): string {
  // Keys are printable ASCII, so this sorts behind every one of them.
  return `${prefix}\u007f`
}
