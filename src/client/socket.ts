import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import { asHyraxError, fail } from '../base/index.ts'
import type { NodeAddress } from '../codec/index.ts'

/** How long one of several resolved addresses may take before the next is tried. */
const attemptMsMax = 2_500

/**
 * A connected socket to a node, every resolved address of a name tried in turn.
 * Fails with `ERR_NODE_UNREACHABLE`, or with `ERR_ADMIN_TIMEOUT` when the signal aborts first.
 */
export async function connectSocket(address: NodeAddress, signal: AbortSignal): Promise<Socket> {
  const socket = address.kind === 'unix' ? connect({ path: address.path }) : connect(tcpOptions(address))
  try {
    await connected(socket, signal)
  } catch (error) {
    socket.destroy()
    if (signal.aborted) throw asHyraxError(signal.reason)
    throw fail('ERR_NODE_UNREACHABLE', { address: address.typed, what: describeCause(error) }, { cause: error })
  }
  return socket
}

/** One short sentence for a failed connect; an AggregateError of several addresses has no text of its own. */
export function describeCause(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(describeCause))].join('; ')
  if (!(error instanceof Error)) return String(error)
  const code = (error as NodeJS.ErrnoException).code
  return (code === undefined ? undefined : causes[code]) ?? error.message
}

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ENOENT: 'there is no such socket (ENOENT)',
  ENOTFOUND: 'the name does not resolve (ENOTFOUND)',
  EAI_AGAIN: 'the name does not resolve now (EAI_AGAIN)',
  EACCES: 'no permission to open it (EACCES)',
  ECONNRESET: 'the other side closed the connection (ECONNRESET)',
  EHOSTUNREACH: 'no route to it (EHOSTUNREACH)',
  ENETUNREACH: 'no route to it (ENETUNREACH)',
  ETIMEDOUT: 'no answer (ETIMEDOUT)',
  EPIPE: 'the other side closed the connection (EPIPE)',
}

function tcpOptions(address: NodeAddress & { kind: 'tcp' }): TcpNetConnectOpts {
  const family = address.family === 'dns4' ? 4 : address.family === 'dns6' ? 6 : 0
  return {
    host: address.host,
    port: address.port,
    family,
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptMsMax,
  }
}

function connected(socket: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => finish(signal.reason)
    const onError = (error: unknown) => finish(error ?? 'unknown')
    const onConnect = () => finish()
    const finish = (error?: unknown) => {
      socket.off('error', onError).off('connect', onConnect)
      signal.removeEventListener('abort', onAbort)
      if (error === undefined) resolve()
      else reject(error instanceof Error ? error : asHyraxError(error))
    }
    if (signal.aborted) {
      onAbort()
      return
    }
    socket.once('error', onError).once('connect', onConnect)
    signal.addEventListener('abort', onAbort)
  })
}
