/**
 * The words every room uses: errors and their table, limits, domain labels, the door's rights, the ports for clock,
 * randomness and log, and lifetimes. It refuses to know anything about Hyrax beyond these words.
 *
 * @example
 * import { fail, limits } from '../base/index.ts'
 * if (bytes.length > limits.commandBytesMax) throw fail('ERR_CODEC_FRAME', { why: 'too long' })
 */
export {
  asHyraxError,
  bug,
  describe,
  fail,
  HyraxError,
  isErrorCode,
  refuse,
  type ErrorData,
  type Refusal,
} from './error.ts'
export { errorCodes, type ErrorCode, type ErrorEntry } from './error-codes.ts'
export { labels, type Label } from './labels.ts'
export { createLifetime, type Lifetime } from './lifetime.ts'
export { limits, type LimitName } from './limits.ts'
export { silentLog, type Clock, type Log, type Randomness } from './ports.ts'
export { doorRights, doorRoles, roleHolds, type DoorRight, type DoorRole } from './rights.ts'
