/** Parameters of Argon2 as they stand in a key file. */
export interface ArgonCost {
  readonly variant: 'i' | 'd' | 'id'
  /** KiB. */
  readonly memory: number
  readonly iterations: number
  readonly parallelism: number
  /** 1.0 and 1.3 give different keys; files of both exist. */
  readonly version: '1.0' | '1.3'
}

/** RFC 9106's second recommendation: what new key files get. */
export const defaultCost: ArgonCost = { variant: 'id', memory: 65_536, iterations: 3, parallelism: 4, version: '1.3' }
