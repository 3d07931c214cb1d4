import type { MultiaddrConnection } from '@libp2p/interface'
import { limits } from '../base/index.ts'
import { concatBytes, equalBytes, utf8 } from '../codec/index.ts'
import { plainBytes } from '../host/index.ts'

/** What every libp2p connection says first in each direction: the multistream header, 20 bytes. */
export const greeting = utf8('\x13/multistream/1.0.0\n')

export function isGreeting(bytes: Uint8Array): boolean {
  return equalBytes(bytes, greeting)
}

/** The first bytes of the other side: its nonce, the enciphered greeting where asked for, what came with them. */
export interface Start {
  readonly nonce: Uint8Array
  readonly greeting: Uint8Array
  readonly rest: Uint8Array
}

/** Knowledge that the other side's key is not ours. Its text says how we know. */
export class WrongKey extends Error {}

/**
 * Reads nonce and greeting. Rejects with `WrongKey` where the other side plainly uses no swarm key, with an Error when
 * it closes, when the nonce does not come within 1 s, or when the signal ends the upgrade. Never leaves a listener.
 */
export function readStart(
  connection: MultiaddrConnection,
  nonceBytes: number,
  greetingBytes: number,
  signal: AbortSignal | undefined,
): Promise<Start> {
  return new Promise((resolve, reject) => {
    const wanted = nonceBytes + greetingBytes
    let bytes: Uint8Array = new Uint8Array()
    const timer = setTimeout(() => {
      if (bytes.length < nonceBytes)
        settle(() => {
          reject(new WrongKey('It sent no nonce within a second: it uses no swarm key, or is no libp2p node.'))
        })
    }, limits.swarmNonceMsMax)

    const onMessage = (event: { data: { subarray(): Uint8Array } }): void => {
      const chunk = plainBytes(event.data.subarray())
      bytes = bytes.length === 0 ? chunk : concatBytes(bytes, chunk)
      if (bytes.length >= greeting.length && isGreeting(bytes.subarray(0, greeting.length))) {
        settle(() => {
          reject(new WrongKey('It uses no swarm key at all.'))
        })
        return
      }
      if (bytes.length < wanted) return
      settle(() => {
        resolve({
          nonce: bytes.slice(0, nonceBytes),
          greeting: bytes.slice(nonceBytes, wanted),
          rest: bytes.subarray(wanted),
        })
      })
    }
    const onClose = (): void => {
      settle(() => {
        reject(new Error('it closed'))
      })
    }
    const onAbort = (): void => {
      settle(() => {
        reject(new Error('it fell silent'))
      })
    }
    const settle = (then: () => void): void => {
      clearTimeout(timer)
      connection.removeEventListener('message', onMessage)
      connection.removeEventListener('close', onClose)
      signal?.removeEventListener('abort', onAbort)
      then()
    }
    connection.addEventListener('message', onMessage)
    connection.addEventListener('close', onClose)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted === true) onAbort()
    else if (connection.status !== 'open') onClose()
  })
}
