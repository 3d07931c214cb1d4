import type { Listener, Transport } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { asHyraxError, fail, type HyraxError } from '../base/index.ts'

/**
 * libp2p reports a listen address that fails as one text with a stack trace inside. This remembers which address it
 * was and the system's code, for a message that names both.
 */
export function namedListenErrors() {
  let failed: { address: string; error: unknown } | undefined
  return {
    transport<C, T extends Transport>(create: (components: C) => T): (components: C) => T {
      return (components) => {
        const transport = create(components)
        const createListener = transport.createListener.bind(transport)
        transport.createListener = (options) => watched(createListener(options))
        return transport
      }
    },
    failure(error: unknown): HyraxError {
      if (failed === undefined) return asHyraxError(error)
      const { address } = failed
      return fail('ERR_PORT_COLLISION', { address, what: reasonOf(failed.error) }, { cause: failed.error })
    },
  }

  function watched(listener: Listener): Listener {
    const listen = listener.listen.bind(listener)
    listener.listen = async (address: Multiaddr) => {
      try {
        await listen(address)
      } catch (error) {
        failed ??= { address: address.toString(), error }
        throw error
      }
    }
    return listener
  }
}

function reasonOf(error: unknown): string {
  const code = (error as { code?: string }).code
  if (code === 'EADDRINUSE') return 'the address is in use'
  if (code === 'EACCES') return 'not allowed'
  if (code === 'EADDRNOTAVAIL') return 'no such address on this machine'
  return code ?? asHyraxError(error).message
}
