/**
 * The library's door: a typed client for a node's admin door, and a node in one's own process.
 *
 * @example
 * import { dialAdmin, generateIdentity, parseNodeAddress, systemRandom } from 'hyrax'
 * const address = parseNodeAddress('/ip4/127.0.0.1/tcp/4458')
 * const admin = await dialAdmin(address, { identity: generateIdentity(systemRandom) }, { timeoutMs: 20_000 })
 * console.log(await admin.call('status.get', {}))
 * await admin.close()
 */
import './promise-with-resolvers.ts'

export { HyraxError, silentLog, type ErrorCode, type Log } from './base/index.ts'
export { dialAdmin, type AdminConnection, type DialOptions, type DialParts } from './client/index.ts'
export { parseNodeAddress, type NodeAddress } from './codec/index.ts'
export { formatUnlockedKeyFile, generateIdentity, openKeyFile, systemRandom, type Identity } from './keys/index.ts'
export { createNode, readOptions, type DaemonOptions, type HyraxNode, type NodePorts } from './node/index.ts'
export type { OperationInput, OperationName, OperationOutput } from './operations/index.ts'
