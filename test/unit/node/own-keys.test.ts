import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemRandom } from '../../../src/keys/index.ts'
import { toHex } from '../../../src/codec/index.ts'
import { newestActive } from '../../../src/node/key-ring.ts'
import { openOwnKeys, readOwnIdentity, type OwnKeys } from '../../../src/node/own-keys.ts'
import type { DaemonOptions } from '../../../src/node/options.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'
import { createNodeFiles, type NodeFiles } from '../../helpers/node-files.ts'

let files: NodeFiles
let said: string[]
beforeEach(() => {
  files = createNodeFiles()
  said = []
})
afterEach(() => {
  files.remove()
})

const open = (options: DaemonOptions = files.options): Promise<OwnKeys> =>
  openOwnKeys(options, { random: systemRandom, say: (line) => said.push(line), now: () => 1_800_000_000_000 })

function withPassphrase(text: string, mode = 0o600): DaemonOptions {
  writeFileSync(files.path('passphrase'), text, { mode })
  return { ...files.options, passphraseFile: files.path('passphrase') }
}

const publicKeys = ({ identity, ring }: OwnKeys) =>
  [identity, newestActive(ring.signing), newestActive(ring.encryption)].map(({ publicKey }) => toHex(publicKey))
const key = (name: string) => files.path('keys', `${name}.key`)
const stateOf = (directory: string) =>
  readdirSync(directory).map((name) => [name, readFileSync(`${directory}/${name}`)])

describe('the keys of a node, unlocked', () => {
  it('are made where they are missing, each in a file for its owner alone, and that is said', async () => {
    const made = await open()
    expect(new Set(publicKeys(made)).size).toBe(3)
    for (const name of ['node', 'signing', 'encryption']) {
      expect(statSync(key(name)).mode & 0o777).toBe(0o600)
      expect(said.join('\n')).toContain(`Made a new ${name} key: ${key(name)} (unlocked`)
    }
    expect(statSync(files.path('keys')).mode & 0o777).toBe(0o700)
  })

  it('are the same after a start, and nothing is said', async () => {
    const made = await open()
    said = []
    expect(publicKeys(await open())).toEqual(publicKeys(made))
    expect(said).toEqual([])
    expect((await readOwnIdentity(files.options))?.peer).toBe(made.identity.peer)
  })

  it('looking for an identity makes nothing', async () => {
    expect(await readOwnIdentity(files.options)).toBeUndefined()
    expect(existsSync(files.path('keys'))).toBe(false)
  })

  it('one that is missing is made again, the others stay', async () => {
    const [node, , encryption] = publicKeys(await open())
    rmSync(key('signing'))
    rmSync(files.path('keys', 'signing.pub'))
    expect(publicKeys(await open())).toMatchObject([node, expect.any(String), encryption])
  })
})

describe('the keys of a node, locked', () => {
  it('sec/K5: open with their passphrase and no other, and hold no seed in the clear', async () => {
    const options = withPassphrase('correct horse\n')
    const made = await open(options)
    expect(said.join('\n')).toContain('(locked)')
    const opened = await open(withPassphrase('correct horse'))
    expect(publicKeys(opened)).toEqual(publicKeys(made))
    const before = stateOf(files.path('keys'))
    await expectCodeLater('ERR_KEYS_PASSWORD', open(withPassphrase('wrong horse')))
    await expectCodeLater('ERR_KEYS_LOCKED', open())
    expect(stateOf(files.path('keys'))).toEqual(before)
  }, 60_000)

  it('a passphrase file that is empty, or that others can read, is refused before anything is made', async () => {
    await expectCodeLater('ERR_INVALID_INPUT', open(withPassphrase('\n')))
    chmodSync(files.path('passphrase'), 0o644)
    await expectCodeLater('ERR_FILES_MODE', open({ ...files.options, passphraseFile: files.path('passphrase') }))
    await expectCodeLater('ERR_PATH_INVALID', open({ ...files.options, passphraseFile: files.path('nowhere') }))
    expect(readdirSync(files.path('keys'))).toEqual([])
  })
})

describe('sec/K2, sec/K3: a key file that is not as it was', () => {
  const cases: [string, string, () => void][] = [
    [
      'readable by others',
      'ERR_FILES_MODE',
      () => {
        chmodSync(key('node'), 0o640)
      },
    ],
    [
      'behind a symbolic link',
      'ERR_FILES_MODE',
      () => {
        moveBehindLink('node')
      },
    ],
    [
      'a directory',
      'ERR_FILES_MODE',
      () => {
        replaceByDirectory('node')
      },
    ],
    [
      'truncated',
      'ERR_KEYS_FILE',
      () => {
        writeFileSync(key('node'), readFileSync(key('node')).subarray(0, -20))
      },
    ],
    [
      'empty',
      'ERR_KEYS_FILE',
      () => {
        writeFileSync(key('node'), '')
      },
    ],
    [
      'much too long',
      'ERR_FILES_SIZE',
      () => {
        writeFileSync(key('node'), 'a'.repeat(100_000))
      },
    ],
    [
      'of another kind',
      'ERR_KEYS_MISMATCH',
      () => {
        writeFileSync(key('node'), readFileSync(key('encryption')))
      },
    ],
    [
      'that of another node',
      'ERR_KEYS_MISMATCH',
      () => {
        writeFileSync(key('node'), readFileSync(key('signing')))
      },
    ],
  ]

  function moveBehindLink(name: string): void {
    writeFileSync(files.path('elsewhere'), readFileSync(key(name)), { mode: 0o600 })
    removeKey(name)
    symlinkSync(files.path('elsewhere'), key(name))
  }
  function replaceByDirectory(name: string): void {
    removeKey(name)
    mkdirSync(key(name), { mode: 0o700 })
  }
  function removeKey(name: string): void {
    rmSync(key(name))
  }

  it.each(cases)('%s is refused', async (_, code, spoil) => {
    await open()
    spoil()
    await expectCodeLater(code as 'ERR_KEYS_FILE', open())
    expect(readdirSync(files.path('keys')).filter((name) => name.endsWith('.key'))).toHaveLength(3)
  })

  it('whatever character is changed, no other key comes out', async () => {
    const made = publicKeys(await open())
    const text = readFileSync(key('node'), 'utf8')
    for (let index = 0; index < text.length; index += 7) {
      const other = text[index] === 'A' ? 'B' : 'A'
      writeFileSync(key('node'), `${text.slice(0, index)}${other}${text.slice(index + 1)}`)
      const opened = await open().then(publicKeys, (error: { code?: string }) => error.code)
      if (Array.isArray(opened)) expect(opened).toEqual(made)
      else expect(opened).toMatch(/^ERR_(?!INTERNAL)/)
    }
  })

  it('a keys directory in which others can write is refused', async () => {
    mkdirSync(files.path('keys'))
    chmodSync(files.path('keys'), 0o777)
    await expectCodeLater('ERR_FILES_MODE', open())
  })
})
