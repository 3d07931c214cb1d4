import { generateKeyPair } from '@libp2p/crypto/keys'
import type { MultiaddrConnection, PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey, peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { createGate } from '../../../src/access/index.ts'
import { silentLog } from '../../../src/base/index.ts'
import { peerIdText } from '../../../src/codec/index.ts'
import { createAdmission, type AdmissionOptions, type Refused } from '../../../src/host/admission.ts'
import { generateIdentity, openKeys, systemRandom } from '../../../src/keys/index.ts'

const keys = await openKeys()

function admission(options: Partial<AdmissionOptions> = {}, connections = () => 0) {
  const gate = createGate()
  const refused: Refused[] = []
  const made = createAdmission(
    { keys, gate, log: silentLog, random: systemRandom, connections, onRefused: (one) => refused.push(one) },
    { connectionsMax: 300, ...options },
  )
  return {
    ...made,
    gater: made.gater,
    penalise: made.penalise.bind(made),
    takeRefusal: made.takeRefusal.bind(made),
    gate,
    refused,
  }
}

function from(host: string): MultiaddrConnection {
  const events = new EventTarget()
  return Object.assign(events, { remoteAddr: multiaddr(`/ip4/${host}/tcp/5000`) }) as unknown as MultiaddrConnection
}

const somebody = (): PeerId => peerIdFromString(generateIdentity(systemRandom).peer)

describe('the gater', () => {
  it('answers at once, never with a promise', () => {
    const { gater } = admission()
    const [peer, connection] = [somebody(), from('192.0.2.1')]
    for (const answer of [
      gater.denyDialPeer?.(peer),
      gater.denyDialMultiaddr?.(multiaddr('/ip4/192.0.2.1/tcp/1')),
      gater.denyInboundConnection?.(connection),
      gater.denyInboundEncryptedConnection?.(peer, connection),
      gater.denyInboundUpgradedConnection?.(peer, connection),
      gater.denyOutboundEncryptedConnection?.(peer, connection),
      gater.denyOutboundUpgradedConnection?.(peer, connection),
    ])
      expect(answer).toBe(false)
  })
  it('sec/N4 turns dials away before and after Noise, and remembers why, once', () => {
    const { gater, gate, takeRefusal } = admission()
    const [peer, connection] = [somebody(), from('192.0.2.1')]
    gate.update({ disallowed: { state: 'read', peers: new Set([peer.toString()]) } })
    expect(gater.denyDialPeer?.(peer)).toBe(true)
    expect(gater.denyOutboundEncryptedConnection?.(peer, connection)).toBe(true)
    expect(takeRefusal(connection.remoteAddr.toString())).toMatchObject({ code: 'ERR_ACCESS_NOT_PERMISSIONED' })
    expect(takeRefusal(connection.remoteAddr.toString())).toBeUndefined()
  })
  it('sec/N6 a peer removed in mid-handshake is not let through', () => {
    const { gater, gate, refused } = admission()
    const [peer, connection] = [somebody(), from('192.0.2.1')]
    expect(gater.denyInboundEncryptedConnection?.(peer, connection)).toBe(false)
    gate.update({ disallowed: { state: 'read', peers: new Set([peer.toString()]) } })
    expect(gater.denyInboundUpgradedConnection?.(peer, connection)).toBe(true)
    expect(refused).toMatchObject([
      { direction: 'inbound', peer: peer.toString(), refusal: { code: 'ERR_ACCESS_NOT_PERMISSIONED' } },
    ])
  })
  it('sec/G9 takes Ed25519 keys of the prime-order group alone', async () => {
    const { gater, refused } = admission()
    const other = peerIdFromPrivateKey(await generateKeyPair('secp256k1'))
    const small = peerIdFromString(peerIdText(new Uint8Array(32).fill(0, 1).fill(1, 0, 1)))
    expect(gater.denyInboundEncryptedConnection?.(other, from('192.0.2.1'))).toBe(true)
    expect(gater.denyInboundEncryptedConnection?.(small, from('192.0.2.1'))).toBe(true)
    expect(refused.map(({ refusal }) => refusal.code)).toEqual(['ERR_KEYS_KIND', 'ERR_KEYS_POINT'])
  })
  it('keeps places for listed peers and expected sources', () => {
    let open = 290
    const { gater, gate } = admission(
      { connectionsReserved: 32, isExpectedSource: (source) => source === '192.0.2.9' },
      () => open,
    )
    const [listed, other] = [somebody(), somebody()]
    gate.update({ allowed: { state: 'read', peers: new Set([listed.toString()]) } })
    expect(gater.denyInboundConnection?.(from('192.0.2.1'))).toBe(true)
    expect(gater.denyInboundConnection?.(from('192.0.2.9'))).toBe(false)
    expect(gater.denyInboundEncryptedConnection?.(other, from('192.0.2.9'))).toBe(true)
    expect(gater.denyInboundEncryptedConnection?.(listed, from('192.0.2.9'))).toBe(false)
    open = 300
    expect(gater.denyInboundEncryptedConnection?.(listed, from('192.0.2.9'))).toBe(true)
  })
  it('sec/N7 refuses a source after a few unlisted peers, but not this machine, nor spared ones', () => {
    const { gater, gate } = admission({ isSparedSource: (source) => source === '192.0.2.9' })
    gate.update({ permissioned: true })
    const come = (host: string): boolean => {
      const connection = from(host)
      if (gater.denyInboundConnection?.(connection) === true) return false
      expect(gater.denyInboundEncryptedConnection?.(somebody(), connection)).toBe(true)
      connection.dispatchEvent(new Event('close'))
      return true
    }
    const tries = (host: string): number => Array.from({ length: 10 }, () => come(host)).filter(Boolean).length
    // Three penalties make 15 s; the fourth makes up for the milliseconds that have passed.
    expect(tries('192.0.2.1')).toBeLessThan(5)
    expect([tries('192.0.2.9'), tries('127.0.0.1')]).toEqual([10, 10])
  })
})
