import { judgeDoor, type DoorRules, type DoorVisitor } from '../access/index.ts'
import type { Clock, DoorRole } from '../base/index.ts'
import type { HostParts } from '../host/index.ts'
import type { Dispatch } from '../operations/index.ts'
import { createHttpDoor, type HttpDoor } from './http-door.ts'
import { createOperationCalls } from './operation-call.ts'
import { createStreamDoor, type StreamDoor } from './stream-door.ts'

export interface AdminDoorsParts extends Pick<HostParts, 'identity' | 'keys' | 'random' | 'log'> {
  readonly clock: Clock
  /** `hyrax/0.1.0`: named in the verdict and in the OpenAPI page. */
  readonly agent: string
  /** The settings that decide, as they are now: `readSettings(…).admin`. */
  readonly rules: () => DoorRules
  readonly dispatch: Dispatch
  /** A key was refused; called once for each connection. */
  readonly onRefused?: (visitor: DoorVisitor) => void
}

export interface AdminDoorsOptions {
  /** Multiaddrs, TCP over IPv4 or IPv6. */
  readonly listen: readonly string[]
  /** At most 107 bytes. Absent: no Unix socket. */
  readonly socketPath?: string
  /** Loopback addresses of the HTTP API; none: it is off. */
  readonly http: readonly { readonly host: string; readonly port: number }[]
}

/** Somebody who may ask now. */
export interface AdminSessionInfo {
  readonly peer: string | null
  readonly door: 'tcp' | 'unix' | 'http'
  readonly source: string
  readonly role: DoorRole
  /** Milliseconds since 1970. */
  readonly since: number
}

/** Every way in for those who administer: 4458, the Unix socket, HTTP on loopback. */
export interface AdminDoors {
  /** `ERR_PORT_COLLISION`, `ERR_FILE_EXISTS` or `ERR_FILES_MODE` where an address cannot be used; then nothing listens. */
  start(): Promise<void>
  stop(): Promise<void>
  addresses(): { admin: string[]; http: string[] }
  sessions(): AdminSessionInfo[]
  /**
   * Judges every live session by the rules as they are now and cuts those that no longer pass as they did; where the
   * rules shut HTTP, ends its sockets. Synchronous: afterwards nothing of theirs is handled.
   */
  rejudge(): { cut: string[]; httpShut: boolean }
  /** `rejudge`, told in lines for the person who changed the rules. */
  applyRules(): string[]
}

export async function createAdminDoors(parts: AdminDoorsParts, options: AdminDoorsOptions): Promise<AdminDoors> {
  const judge = (visitor: DoorVisitor) => judgeDoor(visitor, parts.rules(), parts.clock.now())
  const calls = createOperationCalls(parts)
  const onRefused = parts.onRefused ?? (() => undefined)
  const isAuthorized = (peer: string) => parts.rules().authorizedKeys.some((key) => key.peer === peer)
  const stream = await createStreamDoor({ ...parts, calls, judge, isAuthorized, onRefused }, options)
  const http = createHttpDoor({ ...parts, calls, judge }, options.http)
  let wasShut = false
  const rejudge = () => ({ cut: stream.rejudge().map(({ connection }) => connection.peer), httpShut: http.rejudge() })
  return {
    start: () => startBoth(stream, http),
    async stop() {
      await http.stop()
      await stream.stop()
    },
    addresses: () => ({ admin: stream.addresses(), http: http.addresses() }),
    sessions: () =>
      stream.sessions().flatMap(({ caller, connection }) => {
        if (caller === undefined) return []
        const { peer, door, source, role } = caller
        return [{ peer, door, source, role, since: connection.since }]
      }),
    rejudge,
    applyRules() {
      const { cut, httpShut } = rejudge()
      const isNews = httpShut && !wasShut && options.http.length > 0
      wasShut = httpShut
      return [
        ...(cut.length === 0 ? [] : [`Ended ${cut.length} admin sessions that no longer pass.`]),
        ...(isNews ? ['The HTTP API is closed while authentication is required.'] : []),
      ]
    },
  }
}

async function startBoth(stream: StreamDoor, http: HttpDoor): Promise<void> {
  await stream.start()
  try {
    await http.start()
  } catch (error) {
    await http.stop()
    await stream.stop()
    throw error
  }
}
