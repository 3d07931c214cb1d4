import type { Connection, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface'

interface Registering {
  handle(protocol: string, handler: StreamHandler, options?: StreamHandlerOptions): Promise<void>
}

/**
 * The components a foreign service is built with, with a registrar that resets streams of connections that `allows`
 * turns down. The services answer on `connection:open`, before hello, so nothing else can hold them off; libp2p's own
 * `use()` pushes every inbound stream's handler onto a shared chain and is no gate (`STACK.md` 7).
 */
export function withGatedRegistrar<C extends { registrar: Registering }>(
  components: C,
  allows: (connection: Connection) => boolean,
): C {
  const registrar = new Proxy(components.registrar, {
    get(target, name) {
      if (name === 'handle') {
        return (protocol: string, handler: StreamHandler, options?: StreamHandlerOptions) =>
          target.handle(protocol, gate(handler, allows), options)
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
  return new Proxy(components, {
    get: (target, name) => (name === 'registrar' ? registrar : (Reflect.get(target, name) as unknown)),
  })
}

function gate(handler: StreamHandler, allows: (connection: Connection) => boolean): StreamHandler {
  return (stream: Stream, connection: Connection) => {
    if (allows(connection)) return handler(stream, connection)
    stream.abort(new Error('not admitted'))
  }
}
