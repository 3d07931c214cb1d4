import type { MessageStream } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { preSharedKey } from '@libp2p/pnet'
import { describe, expect, it } from 'vitest'
import type { HyraxError } from '../../../src/base/index.ts'
import { concatBytes, formatSwarmKey, utf8 } from '../../../src/codec/index.ts'
import { generateSwarmKey, openKeys, systemRandom, type Keys, type SwarmCipher } from '../../../src/keys/index.ts'
import { createKeyRing } from '../../../src/swarm/key-ring.ts'
import { createProtector } from '../../../src/swarm/protector.ts'
import { eventually } from '../../helpers/swarm-nodes.ts'

const greeting = utf8('\x13/multistream/1.0.0\n')
const key = generateSwarmKey(systemRandom)
const keys = await openKeys()

/** Keys whose ciphers are counted. */
function counted(): { keys: Pick<Keys, 'createSwarmCipher'>; alive: () => number; made: () => number } {
  let alive = 0
  let made = 0
  return {
    alive: () => alive,
    made: () => made,
    keys: {
      createSwarmCipher(...args): SwarmCipher {
        const cipher = keys.createSwarmCipher(...args)
        alive++
        made++
        return {
          apply: (bytes) => {
            cipher.apply(bytes)
          },
          free() {
            alive--
            cipher.free()
          },
        }
      },
    },
  }
}

function collect(stream: MessageStream): () => Uint8Array {
  let all: Uint8Array = new Uint8Array()
  stream.addEventListener('message', ({ data }) => {
    all = concatBytes(all, data.subarray())
  })
  return () => all
}

async function both(ours = key, theirs = key, stock = false) {
  const [outbound, inbound] = multiaddrConnectionPair()
  const cipher = counted()
  const failures: HyraxError[] = []
  const parts = {
    keys: cipher.keys,
    random: systemRandom,
    onFailed: (_address: string, error: HyraxError) => failures.push(error),
  }
  const reports: HyraxError[] = []
  const onProgress = (event: Event): void => {
    reports.push((event as CustomEvent<HyraxError>).detail)
  }
  const psk = new TextEncoder().encode(formatSwarmKey(theirs, 'file'))
  const dialling = stock
    ? preSharedKey({ psk })().protect(outbound)
    : createProtector(parts, createKeyRing([theirs]))().protect(outbound, { onProgress } as never)
  const listening = createProtector(parts, createKeyRing([ours]))().protect(inbound)
  const near = await dialling
  near.send(greeting.slice())
  return { near, listening, outbound, inbound, cipher, failures, reports }
}

describe('the swarm-key layer', () => {
  it.each([false, true])('carries bytes both ways; the dialler is stock: %s', async (stock) => {
    const { near, listening } = await both(key, key, stock)
    const far = await listening
    const [heardFar, heardNear] = [collect(far), collect(near)]
    far.send(greeting.slice())
    const big = systemRandom.bytes(3_000_000)
    near.send(big.slice())
    far.send(utf8('answer'))
    await eventually(() => heardFar().length === greeting.length + big.length, 'all of it')
    expect(Buffer.from(heardFar()).equals(Buffer.from(concatBytes(greeting, big)))).toBe(true)
    expect(new Uint8Array(heardNear())).toEqual(concatBytes(greeting, utf8('answer')))
  })
  it('leaves what it is given to send as it was', async () => {
    const { near, listening } = await both()
    await listening
    const mine = utf8('mine')
    near.send(mine)
    expect(mine).toEqual(utf8('mine'))
  })
  it('sec/N1 another key: the listener is certain, says so with its fingerprint, and hands nothing on', async () => {
    const { listening, failures, inbound, reports } = await both(key, generateSwarmKey(systemRandom))
    await expect(listening).rejects.toMatchObject({ code: 'ERR_SWARM_WRONG_KEY' })
    expect(failures).toMatchObject([
      { code: 'ERR_SWARM_WRONG_KEY', data: { fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/) as string } },
    ])
    inbound.abort(new Error('as the upgrader does'))
    await eventually(() => reports.length > 0, 'the dialler is told')
    expect(reports).toMatchObject([{ code: 'ERR_SWARM_WRONG_KEY' }])
  })
  it('sec/N1 an answer under another key is noticed by the dialler', async () => {
    const { near, listening, inbound, reports } = await both()
    await listening
    inbound.send(systemRandom.bytes(40))
    await eventually(() => near.status !== 'open', 'closed')
    expect(reports).toMatchObject([{ code: 'ERR_SWARM_WRONG_KEY' }])
  })
  it('sec/N11 frees every cipher, however it ends', async () => {
    const ends: ((pair: Awaited<ReturnType<typeof both>>) => void)[] = [
      ({ near }) => {
        near.abort(new Error('here'))
      },
      ({ near }) => {
        void (near as unknown as { close(): Promise<void> }).close()
      },
      ({ inbound }) => {
        inbound.abort(new Error('there'))
      },
      ({ outbound }) => {
        outbound.abort(new Error('below'))
      },
    ]
    for (const end of ends) {
      const pair = await both()
      await pair.listening
      expect(pair.cipher.alive()).toBe(4)
      end(pair)
      await eventually(() => pair.cipher.alive() === 0, 'all freed')
    }
    const wrong = await both(key, generateSwarmKey(systemRandom))
    await wrong.listening.catch(() => undefined)
    wrong.inbound.abort(new Error('as the upgrader does'))
    await eventually(() => wrong.cipher.alive() === 0, 'freed after a wrong key')
    expect(wrong.cipher.made()).toBe(3)
  })
  it('a peer that sends no nonce is given up after a second', async () => {
    const [outbound] = multiaddrConnectionPair()
    const reports: HyraxError[] = []
    const onProgress = (event: Event): void => {
      reports.push((event as CustomEvent<HyraxError>).detail)
    }
    const parts = { keys, random: systemRandom }
    await expect(
      createProtector(parts, createKeyRing([key]))().protect(outbound, { onProgress } as never),
    ).rejects.toMatchObject({
      code: 'ERR_SWARM_WRONG_KEY',
      data: { what: expect.stringContaining('no nonce') as string },
    })
    expect(reports.length).toBe(1)
  })
  it('an aborted upgrade ends the wait', async () => {
    const [, inbound] = multiaddrConnectionPair()
    await expect(
      createProtector({ keys, random: systemRandom }, createKeyRing([key]))().protect(inbound, {
        signal: AbortSignal.abort(),
      }),
    ).rejects.toMatchObject({
      code: 'ERR_NODE_UNREACHABLE',
    })
  })
  it('a ring of keys takes each of them, and the first for dialling', async () => {
    const [a, b] = [generateSwarmKey(systemRandom), generateSwarmKey(systemRandom)]
    for (const theirs of [a, b]) {
      const [outbound, inbound] = multiaddrConnectionPair()
      const listening = createProtector({ keys, random: systemRandom }, createKeyRing([a, b]))().protect(inbound)
      const near = await createProtector({ keys, random: systemRandom }, createKeyRing([theirs]))().protect(outbound)
      near.send(greeting.slice())
      const heard = collect(await listening)
      await eventually(() => heard().length === 20, 'the greeting')
      expect(new Uint8Array(heard())).toEqual(greeting)
    }
  })
})
