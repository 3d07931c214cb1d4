import { describe, expect, it } from 'vitest'
import {
  axKeyText,
  nkeyText,
  parseAxKey,
  parseOpenSshLine,
  parsePeerId,
  parsePublicIdentity,
  peerIdText,
  toBase32Lower,
  toBase58,
} from '../../../src/codec/index.ts'
import { expectCode, valueOrCode } from '../../helpers/expect-code.ts'
import { mutateText } from '../../helpers/mutate.ts'
import { createSeededRandomness } from '../../helpers/seeded-randomness.ts'

const axKey = '0hoWXFyVHzbhhQ6fU+z/kZb8oaN+ligosj2/hzuJn04I='
const peerId = '12D3KooWJsUwwrcHx8nqqBFdwGk3kSNYy1EKoKANnbyTj3jMBjPF'
const pk = parseAxKey(axKey)

describe('identity texts', () => {
  it('agree with the vector of the seed', () => {
    expect(peerIdText(pk)).toBe(peerId)
    expect(axKeyText(pk)).toBe(axKey)
    expect(parsePeerId(peerId)).toEqual(pk)
  })

  it('are read in every form, and the form is told', () => {
    const cid = `b${toBase32Lower(Uint8Array.of(1, 0x72, 0, 0x24, 8, 1, 0x12, 0x20, ...pk))}`
    expect(parsePublicIdentity(axKey)).toEqual({ pk, form: 'ax' })
    expect(parsePublicIdentity(peerId)).toEqual({ pk, form: 'peerid' })
    expect(parsePublicIdentity(cid)).toEqual({ pk, form: 'cid' })
    expect(parsePublicIdentity(nkeyText('U', pk))).toEqual({ pk, form: 'nkey' })
    expect(parsePeerId(cid)).toEqual(pk)
  })

  it('are refused with the code of what is wrong', () => {
    expectCode('ERR_KEYS_FORMAT', () => parseAxKey(`1${axKey.slice(1)}`))
    expectCode('ERR_KEYS_FORMAT', () => parseAxKey(axKey.slice(0, -1)))
    expectCode('ERR_CODEC_TEXT', () => parseAxKey(axKey.replace('+', '-')))
    expectCode('ERR_CODEC_TEXT', () => parsePeerId('12D3KooW0'))
    expectCode('ERR_KEYS_KIND', () => parsePeerId('QmaWM8pMoMYkJrdbUZkxHyUavH3tCxRdCC9NYCnXRfQ4Eg'))
    expectCode('ERR_KEYS_KIND', () => parsePeerId('16Uiu2HAkxSnqYGDU5iZTQrZyAcQDQHKrZqSNPBmKFifEagS2XfrL'))
    expectCode('ERR_KEYS_KIND', () => parsePeerId(toBase58(Uint8Array.of(0, 0x24, 8, 1, 0x12, 0x20, ...pk, 0))))
    expectCode('ERR_KEYS_KIND', () => parsePublicIdentity(nkeyText('X', pk)))
    for (const text of ['', 'hello', 'SHA256:abc', '-----BEGIN', ' 0', 'ßßß']) {
      expectCode('ERR_KEYS_FORMAT', () => parsePublicIdentity(text))
    }
    expectCode('ERR_KEYS_LENGTH', () => peerIdText(pk.subarray(1)))
  })

  it('never repeat in an error what may be a secret', () => {
    const error = expectCode('ERR_KEYS_FORMAT', () => parsePublicIdentity(`zz-secret-${axKey}`))
    expect(JSON.stringify(error.data) + error.message).not.toContain('hoWXF')
  })

  it.each([
    ['ax key', axKey, parseAxKey, axKeyText],
    ['PeerId', peerId, parsePeerId, peerIdText],
  ] as const)('sec/FZ6 %s: 10,000 mutations, one spelling', (_, text, parse, print) => {
    const random = createSeededRandomness(8)
    for (let round = 0; round < 10_000; round++) {
      const changed = mutateText(text, random)
      const read = valueOrCode(() => parse(changed))
      if ('value' in read && !changed.startsWith('k51') && !changed.startsWith('bafz')) {
        expect(print(read.value)).toBe(changed)
      }
    }
  })
})

describe('OpenSSH lines', () => {
  const blob = 'AAAAC3NzaC1lZDI1NTE5AAAAIIaFlxclR824YUOn1Ps/5GW/KGjfpYoKLI9v4c7iZ9OC'

  it('give the key and the comment', () => {
    expect(parseOpenSshLine(`ssh-ed25519 ${blob}`)).toEqual({ pk })
    expect(parseOpenSshLine(`ssh-ed25519  ${blob} me@home, key 2 `)).toEqual({ pk, comment: 'me@home, key 2' })
  })

  it('are refused for other types and broken blobs', () => {
    expectCode('ERR_KEYS_KIND', () => parseOpenSshLine('ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ== x'))
    expectCode('ERR_KEYS_KIND', () => parseOpenSshLine(`sk-ssh-ed25519@openssh.com ${blob}`))
    expectCode('ERR_KEYS_FORMAT', () => parseOpenSshLine(blob))
    expectCode('ERR_KEYS_FORMAT', () => parseOpenSshLine('ssh-ed25519 AAAA'))
    expectCode('ERR_CODEC_TEXT', () => parseOpenSshLine(`ssh-ed25519 ${blob}=`))
  })
})
