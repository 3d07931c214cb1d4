import { execFileSync } from 'node:child_process'
import { chmod, chown, link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/codec/index.ts'
import { readSecretFile, readTextFile } from '../../../src/files/index.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'

let directory: string
let path: string
const isRoot = process.geteuid?.() === 0
const bytesMax = 100

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hyrax-files-'))
  path = join(directory, 'secret')
  await writeFile(path, 'content', { mode: 0o600 })
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('sec/K3 secret files', () => {
  it('are read where only their owner can', async () => {
    expect(await readSecretFile(path, { bytesMax })).toEqual(utf8('content'))
    await chmod(path, 0o400)
    expect(await readSecretFile(path, { bytesMax })).toEqual(utf8('content'))
  })

  it('are refused in every mode that lets others in, with the chmod to run', async () => {
    for (let mode = 0; mode < 0o100; mode++) {
      await chmod(path, 0o600 | mode)
      if (mode === 0) continue
      const error = await expectCodeLater('ERR_FILES_MODE', readSecretFile(path, { bytesMax }))
      expect(error.hint).toBe(`chmod 600 ${path}`)
    }
  })

  it('are refused as symbolic link, directory or pipe, and where the directory is open to others', async () => {
    await symlink(path, join(directory, 'link'))
    await expectCodeLater('ERR_FILES_MODE', readSecretFile(join(directory, 'link'), { bytesMax }))
    await mkdir(join(directory, 'folder'), { mode: 0o700 })
    await expectCodeLater('ERR_FILES_MODE', readSecretFile(join(directory, 'folder'), { bytesMax }))
    execFileSync('mkfifo', ['-m', '600', join(directory, 'pipe')])
    await expectCodeLater('ERR_FILES_MODE', readSecretFile(join(directory, 'pipe'), { bytesMax }))
    for (const mode of [0o720, 0o702, 0o777]) {
      await chmod(directory, mode)
      const error = await expectCodeLater('ERR_FILES_MODE', readSecretFile(path, { bytesMax }))
      expect(error.hint).toBe(`chmod go-w ${directory}`)
    }
    await chmod(directory, 0o1777)
    expect(await readSecretFile(path, { bytesMax })).toEqual(utf8('content'))
  })

  it.skipIf(!isRoot)('are refused where they belong to another user than their directory', async () => {
    await chown(path, 12345, 12345)
    await expectCodeLater('ERR_FILES_MODE', readSecretFile(path, { bytesMax }))
    await chown(directory, 12345, 12345)
    expect(await readSecretFile(path, { bytesMax })).toEqual(utf8('content'))
  })

  it('are read under a second name: a hard link is the file itself', async () => {
    await link(path, join(directory, 'other'))
    expect(await readSecretFile(join(directory, 'other'), { bytesMax })).toEqual(utf8('content'))
  })

  it('are refused when missing or too large', async () => {
    await expectCodeLater('ERR_PATH_INVALID', readSecretFile(join(directory, 'none'), { bytesMax }))
    await expectCodeLater('ERR_PATH_INVALID', readSecretFile(join(path, 'below'), { bytesMax }))
    await writeFile(path, 'x'.repeat(bytesMax))
    expect(await readSecretFile(path, { bytesMax })).toHaveLength(bytesMax)
    await writeFile(path, 'x'.repeat(bytesMax + 1))
    await expectCodeLater('ERR_FILES_SIZE', readSecretFile(path, { bytesMax }))
  })
})

describe('text files', () => {
  it('are undefined where there is none, and strict UTF-8', async () => {
    expect(await readTextFile(join(directory, 'none'))).toBe(undefined)
    await writeFile(path, 'Grüße\r\n☃')
    expect(await readTextFile(path)).toBe('Grüße\r\n☃')
    await writeFile(path, '')
    expect(await readTextFile(path)).toBe('')
    for (const bytes of [Uint8Array.of(0xc0, 0x80), Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), Uint8Array.of(0x61, 0)]) {
      await writeFile(path, bytes)
      await expectCodeLater('ERR_CODEC_TEXT', readTextFile(path))
    }
  })

  it('are bounded, also far beyond the first read', async () => {
    await writeFile(path, 'x'.repeat(1_048_576))
    expect(await readTextFile(path)).toHaveLength(1_048_576)
    await writeFile(path, 'x'.repeat(1_048_577))
    await expectCodeLater('ERR_FILES_SIZE', readTextFile(path))
  })

  it('are no directories or pipes', async () => {
    await expectCodeLater('ERR_IO', readTextFile(directory))
    execFileSync('mkfifo', [join(directory, 'pipe')])
    await expectCodeLater('ERR_IO', readTextFile(join(directory, 'pipe')))
    await expectCodeLater('ERR_IO', readTextFile('/dev/zero', { bytesMax }))
  })
})
