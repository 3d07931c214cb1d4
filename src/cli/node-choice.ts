import { statSync } from 'node:fs'
import { fail } from '../base/index.ts'
import { parseNodeAddress, type NodeAddress } from '../codec/index.ts'
import { localSockets } from './config-paths.ts'
import type { Environment, Settled } from './global-options.ts'

/** The node that a command speaks to. */
export type NodeChoice =
  | { readonly kind: 'admin'; readonly address: NodeAddress }
  /** `--local HOST`: the HTTP API on port 4457. */
  | { readonly kind: 'http'; readonly host: string }

/**
 * Positional NODE, else `--node` or AX_NODE, else the local socket if there is one, else 127.0.0.1:4458 (`CLI.md` 4).
 * Fails with `ERR_INVALID_INPUT`.
 */
export function chooseNode(positional: string | undefined, settled: Settled, environment: Environment): NodeChoice {
  const typed = positional ?? settled.node
  if (typed === undefined) return { kind: 'admin', address: defaultNode(environment) }
  if (settled.local && isBareHost(typed)) return { kind: 'http', host: typed.replace(/^\[|\]$/g, '') }
  if (typed === '') throw fail('ERR_INVALID_INPUT', { what: 'the node is empty' })
  return { kind: 'admin', address: parseNodeAddress(typed) }
}

function defaultNode(environment: Environment): NodeAddress {
  const socket = localSockets(environment).find(isSocket)
  if (socket !== undefined) return parseNodeAddress(`/unix/${encodeURIComponent(socket)}`)
  return parseNodeAddress('/ip4/127.0.0.1/tcp/4458')
}

/** A host without a port: no multiaddress, URL or `host:port`; an IPv6 address bare or in brackets counts. */
function isBareHost(typed: string): boolean {
  if (typed.includes('/')) return false
  if (/^\[[^\]]*\]$/.test(typed)) return true
  return !typed.includes(':') || ((typed.match(/:/g) ?? []).length > 1 && !typed.startsWith('['))
}

function isSocket(path: string): boolean {
  try {
    return statSync(path).isSocket()
  } catch {
    return false
  }
}
