import { chmod, chown, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSecretFile, ensurePrivateDirectory, withLockFile, writeFileAtomic } from '../../../src/files/index.ts'
import { expectCodeLater } from '../../helpers/expect-code.ts'

let directory: string
let path: string
const isRoot = process.geteuid?.() === 0
const modeOf = async (place: string) => (await stat(place)).mode & 0o7777

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hyrax-files-'))
  path = join(directory, 'file')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('sec/K4 atomic writes', () => {
  it('make a file with the mode asked for, whatever the umask, and leave nothing else behind', async () => {
    const before = process.umask(0o077)
    try {
      await writeFileAtomic(path, 'a', { mode: 0o644, overwrite: false })
    } finally {
      process.umask(before)
    }
    expect(await modeOf(path)).toBe(0o644)
    await createSecretFile(join(directory, 'secret'), Uint8Array.of(1, 2))
    expect(await modeOf(join(directory, 'secret'))).toBe(0o600)
    expect((await readdir(directory)).sort()).toEqual(['file', 'secret'])
  })

  it('replace only where asked', async () => {
    await writeFileAtomic(path, 'old', { mode: 0o600, overwrite: false })
    await expectCodeLater('ERR_FILE_EXISTS', writeFileAtomic(path, 'new', { mode: 0o600, overwrite: false }))
    await expectCodeLater('ERR_FILE_EXISTS', createSecretFile(path, 'new'))
    expect(await readFile(path, 'utf8')).toBe('old')
    await writeFileAtomic(path, 'new', { mode: 0o600, overwrite: true })
    expect(await readFile(path, 'utf8')).toBe('new')
    expect(await readdir(directory)).toEqual(['file'])
  })

  it('never show a part: a reader sees one whole version', async () => {
    const versions = ['a', 'b', 'c'].map((letter) => letter.repeat(200_000))
    await writeFileAtomic(path, versions[0]!, { mode: 0o600, overwrite: true })
    const writing = Promise.all(versions.map((text) => writeFileAtomic(path, text, { mode: 0o600, overwrite: true })))
    for (let round = 0; round < 50; round++) expect(versions).toContain(await readFile(path, 'utf8'))
    await writing
    expect(await readdir(directory)).toEqual(['file'])
  })

  it('fail with a code and leave nothing behind', async () => {
    await expectCodeLater(
      'ERR_PATH_INVALID',
      writeFileAtomic(join(directory, 'no', 'file'), 'x', { mode: 0o600, overwrite: true }),
    )
    await expectCodeLater('ERR_IO', writeFileAtomic(directory, 'x', { mode: 0o600, overwrite: true }))
    expect(await readdir(directory)).toEqual([])
  })

  it.skipIf(!isRoot)('written as root take the owner of the directory', async () => {
    await chown(directory, 12345, 54321)
    await writeFileAtomic(path, 'x', { mode: 0o600, overwrite: true })
    expect(await stat(path)).toMatchObject({ uid: 12345, gid: 54321 })
  })
})

describe('private directories', () => {
  it('are made for their owner alone', async () => {
    const place = join(directory, 'a', 'b')
    const before = process.umask(0)
    try {
      await ensurePrivateDirectory(place)
      await ensurePrivateDirectory(place)
    } finally {
      process.umask(before)
    }
    expect(await modeOf(place)).toBe(0o700)
  })

  it('are refused where others can write, or where a file stands', async () => {
    for (const mode of [0o720, 0o702, 0o777]) {
      await chmod(directory, mode)
      const error = await expectCodeLater('ERR_FILES_MODE', ensurePrivateDirectory(directory))
      expect(error.hint).toBe(`chmod go-w ${directory}`)
    }
    await chmod(directory, 0o750)
    await ensurePrivateDirectory(directory)
    await writeFile(path, '')
    await expectCodeLater('ERR_FILES_MODE', ensurePrivateDirectory(path))
  })
})

describe('lock files', () => {
  it('let one in at a time', async () => {
    let inside = 0
    let most = 0
    const use = () =>
      withLockFile(path, async () => {
        most = Math.max(most, ++inside)
        await new Promise((done) => setTimeout(done, 5))
        inside--
      })
    await Promise.all([use(), use(), use(), use()])
    expect(most).toBe(1)
    expect(await readdir(directory)).toEqual([])
  })

  it('are given back when the work fails', async () => {
    await expect(withLockFile(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await withLockFile(path, () => Promise.resolve(1))).toBe(1)
  })

  it('of a process that is gone are taken over', async () => {
    await writeFile(`${path}.lock`, '4194303')
    expect(await withLockFile(path, () => Promise.resolve(2))).toBe(2)
  })

  it('held by another process end in a code', async () => {
    await writeFile(`${path}.lock`, String(process.pid))
    await expectCodeLater(
      'ERR_IO',
      withLockFile(path, () => Promise.resolve(3)),
    )
    expect(await readFile(`${path}.lock`, 'utf8')).toBe(String(process.pid))
  })
})
