import { describe, expect, it } from 'vitest'
import { nkeyText, openSshBlob, parseAxKey, peerIdText, toBase64 } from '../../../src/codec/index.ts'
import { openKeys } from '../../../src/keys/index.ts'
import {
  authorizedKeyEntry,
  parseAuthorizedKey,
  parseAuthorizedKeyLine,
  readAuthorizedKeys,
} from '../../../src/settings/index.ts'
import { expectCode } from '../../helpers/expect-code.ts'

const keys = await openKeys()
const key = '0hoWXFyVHzbhhQ6fU+z/kZb8oaN+ligosj2/hzuJn04I='
const pk = parseAxKey(key)
const peer = peerIdText(pk)

describe('an authorized key', () => {
  it.each([
    ['ax', key],
    ['PeerId', peer],
    ['user nkey', nkeyText('U', pk)],
    ['server nkey', nkeyText('N', pk)],
    ['OpenSSH', `ssh-ed25519 ${toBase64(openSshBlob(pk))} dev@host`],
  ])('is read as %s and kept as the ax text', (_, text) => {
    expect(parseAuthorizedKey(keys, text)).toEqual({ key, peer, role: 'admin' })
  })

  it('prints as the bare string where it has no options, and never drops one', () => {
    const bare = authorizedKeyEntry(parseAuthorizedKey(keys, { key, role: 'admin' }))
    expect(bare).toBe(key)
    const whole = {
      key,
      role: 'reader',
      comment: 'laptop of Ada',
      expires: '2027-01-31T12:00:00+01:00',
      from: ['unix', '10.0.0.0/8', 'fd00::/8'],
    }
    expect(authorizedKeyEntry(parseAuthorizedKey(keys, whole))).toEqual(whole)
  })

  it.each([
    ['ERR_KEYS_FORMAT', 'hello'],
    ['ERR_KEYS_FORMAT', key.slice(0, 44)],
    ['ERR_CODEC_TEXT', `${key.slice(0, 40)}!!!!!`],
    ['ERR_KEYS_POINT', `0${toBase64(new Uint8Array(32))}`],
    ['ERR_KEYS_KIND', nkeyText('A', pk)],
    ['ERR_KEYS_KIND', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQ=='],
    ['ERR_INVALID_INPUT', { key, role: 'owner' }],
    ['ERR_INVALID_INPUT', { key, role: 'constructor' }],
    ['ERR_INVALID_INPUT', { key, expires: '2027-01-31' }],
    ['ERR_INVALID_INPUT', { key, expires: '2027-02-31T00:00:00Z' }],
    ['ERR_INVALID_INPUT', { key, expires: '2027-01-31T12:00:00' }],
    ['ERR_INVALID_INPUT', { key, from: [] }],
    ['ERR_INVALID_INPUT', { key, from: ['10.0.0.1/8'] }],
    ['ERR_INVALID_INPUT', { key, from: '10.0.0.0/8' }],
    ['ERR_INVALID_INPUT', { key, comment: 'a\u001b[2Jb' }],
    ['ERR_INVALID_INPUT', { key, comment: 'x'.repeat(513) }],
    ['ERR_INVALID_INPUT', { key, shell: '/bin/sh' }],
    ['ERR_INVALID_INPUT', { role: 'admin' }],
    ['ERR_INVALID_INPUT', [key]],
    ['ERR_INVALID_INPUT', null],
    ['ERR_INVALID_INPUT', 7],
  ] as const)('fails with %s: %j', (code, entry) => {
    expectCode(code, () => parseAuthorizedKey(keys, entry))
  })

  it('reads a line with the quoting of OpenSSH', () => {
    const line = `from="10.0.0.0/8,fd00::/8",expires="2027-01-31T12:00:00Z",role=reader ${key} Ada's laptop`
    expect(parseAuthorizedKeyLine(line)).toEqual({
      key,
      comment: "Ada's laptop",
      from: ['10.0.0.0/8', 'fd00::/8'],
      expires: '2027-01-31T12:00:00Z',
      role: 'reader',
    })
    expect(parseAuthorizedKeyLine(` ${key}\n`)).toEqual({ key })
    const ssh = `ssh-ed25519 ${toBase64(openSshBlob(pk))}`
    expect(parseAuthorizedKeyLine(`${ssh} dev@host`)).toEqual({ key: ssh, comment: 'dev@host' })
  })

  it.each([
    `command="/bin/sh" ${key}`,
    `no-pty,role=admin ${key}`,
    `role=reader,role=admin ${key}`,
    `from="10.0.0.0/8 ${key}`,
    'role=reader',
    `role=reader,${key}`,
  ])('refuses the line %s', (line) => {
    expectCode('ERR_INVALID_INPUT', () => parseAuthorizedKeyLine(line))
  })
})

describe('a list of authorized keys', () => {
  const read =
    (entries: unknown[], facts = {}) =>
    () =>
      readAuthorizedKeys(entries as string[], { keys, ...facts }, 'admin/authorizedKeys')

  it('sec/A7 is refused whole, with the index of what is wrong', () => {
    const twice = expectCode('ERR_SETTINGS_INVALID_AT_SCOPE', read([key, peer]))
    expect(twice.data).toMatchObject({ index: 1 })
    const own = expectCode('ERR_SETTINGS_INVALID_AT_SCOPE', read([key], { ownPeer: peer }))
    expect(own.message).toContain("node's own key")
    const small = expectCode('ERR_SETTINGS_INVALID_AT_SCOPE', read([`0${toBase64(new Uint8Array(32))}`]))
    expect(small.data).toMatchObject({ index: 0, cause: 'ERR_KEYS_POINT' })
    expectCode('ERR_SETTINGS_INVALID_AT_SCOPE', read([` ${key}`]))
    expectCode('ERR_SETTINGS_INVALID_AT_SCOPE', read([`${key}\r`]))
  })

  it('refuses a private key of ours that somebody pasted, and does not repeat it', () => {
    const error = expectCode('ERR_KEYS_SECRET', read([key], { isLocalSecret: () => true }))
    expect(error.message).not.toContain(key)
  })
})
