import { describe, expect, it } from 'vitest'
import type { CborMap } from '../../../src/codec/index.ts'
import {
  answerFrame,
  helloFrame,
  peersFrame,
  readAnswer,
  readHello,
  readPeers,
  type Hello,
} from '../../../src/swarm/hello.ts'

const hello: Hello = {
  name: 'one',
  agent: 'hyrax/1',
  addrs: ['/ip4/192.0.2.7/tcp/4001'],
  gate: 'permissioned',
  lists: { permissioned: 'a', disallowed: 'b' },
  keyNext: null,
  binding: new Uint8Array([1]),
}
const refusal = expect.objectContaining({ code: 'ERR_SWARM_HELLO' })

describe('hello', () => {
  it('reads what it writes', () => {
    expect(readHello('P', helloFrame(hello))).toEqual(hello)
    expect(readHello('P', helloFrame({ ...hello, lists: null, binding: null, keyNext: 'f' }))).toMatchObject({
      lists: null,
      keyNext: 'f',
    })
  })
  it('ignores what x holds', () => {
    expect(readHello('P', { ...helloFrame(hello), x: { more: 1 } })).toEqual(hello)
  })
  it.each<[string, CborMap | undefined]>([
    ['nothing', undefined],
    ['another frame', { t: 'peers', peers: [] }],
    ['an unknown member', { ...helloFrame(hello), extra: 1 }],
    ['another version', { ...helloFrame(hello), v: 2 }],
    ['nine addresses', { ...helloFrame(hello), addrs: new Array<string>(9).fill('/ip4/1.2.3.4/tcp/1') }],
    ['a long name', { ...helloFrame(hello), name: 'x'.repeat(65) }],
    ['a name that is no text', { ...helloFrame(hello), name: 1 }],
    ['a gate of neither kind', { ...helloFrame(hello), gate: 'ajar' }],
    ['lists of another form', { ...helloFrame(hello), lists: { permissioned: 'a' } }],
    ['a binding that is no bytes', { ...helloFrame(hello), binding: 'text' }],
    ['a large binding', { ...helloFrame(hello), binding: new Uint8Array(5_000) }],
    ['more than 4 KiB', { ...helloFrame(hello), x: { pad: new Uint8Array(5_000) } }],
  ])('refuses %s', (_, frame) => {
    expect(() => readHello('P', frame)).toThrow(refusal)
  })
  it('refuses a frame that lacks any one member', () => {
    for (const member of Object.keys(helloFrame(hello))) {
      const left = Object.entries(helloFrame(hello)).filter(([name]) => name !== member)
      expect(() => readHello('P', Object.fromEntries(left))).toThrow(refusal)
    }
  })
})

describe('the answer', () => {
  it('is welcome or a code', () => {
    expect(readAnswer('P', answerFrame({ kind: 'welcome' }))).toEqual({ kind: 'welcome' })
    expect(readAnswer('P', answerFrame({ kind: 'refused', code: 'ERR_SWARM_BUSY' }))).toEqual({
      kind: 'refused',
      code: 'ERR_SWARM_BUSY',
    })
  })
  it('with a code nobody knows is not supported', () => {
    expect(readAnswer('P', { t: 'refused', code: 'ERR_FROM_THE_FUTURE' })).toEqual({
      kind: 'refused',
      code: 'ERR_UNSUPPORTED',
    })
  })
  it('is nothing else', () => {
    expect(() => readAnswer('P', { t: 'maybe' })).toThrow(refusal)
    expect(() => readAnswer('P', { t: 'refused' })).toThrow(refusal)
    expect(() => readAnswer('P', undefined)).toThrow(refusal)
  })
})

describe('sec/P3 PEERS', () => {
  it('reads what it writes, 16 at most', () => {
    const peers = Array.from({ length: 20 }, (_, index) => ({ peer: `p${index}`, addrs: ['/ip4/192.0.2.7/tcp/1'] }))
    expect(readPeers('P', peersFrame(peers))).toEqual(peers.slice(0, 16))
  })
  it('leaves out what does not fit 16 KiB', () => {
    const addrs = new Array<string>(8).fill('x'.repeat(250))
    const peers = Array.from({ length: 16 }, (_, index) => ({ peer: `p${index}`, addrs }))
    expect(readPeers('P', peersFrame(peers)).length).toBeLessThan(9)
  })
  it.each<[string, CborMap]>([
    ['17 peers', { t: 'peers', peers: new Array(17).fill({ peer: 'p', addrs: [] }) }],
    ['nine addresses of one', { t: 'peers', peers: [{ peer: 'p', addrs: new Array<string>(9).fill('a') }] }],
    ['a peer with more members', { t: 'peers', peers: [{ peer: 'p', addrs: [], more: 1 }] }],
    ['no list', { t: 'peers', peers: 'p' }],
  ])('refuses %s', (_, frame) => {
    expect(() => readPeers('P', frame)).toThrow(refusal)
  })
})
