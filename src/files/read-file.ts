import { constants, type Stats } from 'node:fs'
import { open, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fail, limits } from '../base/index.ts'
import { ioError, systemCode } from './io-error.ts'
import { assertOwner, assertSafeParent, looseMode } from './private-directory.ts'

export interface ReadOptions {
  /** Larger files fail with `ERR_FILES_SIZE`. */
  readonly bytesMax: number
}

/**
 * The bytes of a file that only its owner may read. A symbolic link, a pipe or device, a mode that lets the group or
 * others in, another owner or a directory that others can write to: `ERR_FILES_MODE` with the `chmod` to run. Missing:
 * `ERR_PATH_INVALID`. The checks are made on the open file, so nobody can swap it in between.
 */
export async function readSecretFile(path: string, { bytesMax }: ReadOptions): Promise<Uint8Array> {
  const file = await openSecret(path)
  try {
    const found = await file.stat()
    if (!found.isFile()) throw looseMode(path, 'it is no regular file', 'Move it away.')
    assertOwner(path, found, await stat(dirname(path)))
    if ((found.mode & 0o077) !== 0)
      throw looseMode(path, `its mode ${octal(found)} lets others in`, `chmod 600 ${path}`)
    await assertSafeParent(path)
    return await readBounded(file, path, bytesMax)
  } catch (error) {
    throw ioError(error, 'read', path)
  } finally {
    await file.close()
  }
}

/**
 * The text of a file that people edit, undefined if there is none. UTF-8 without byte order mark or NUL, else
 * `ERR_CODEC_TEXT`; larger than the limit (1 MiB unless said), `ERR_FILES_SIZE`; otherwise unreadable, `ERR_IO`.
 */
export async function readTextFile(path: string, options: Partial<ReadOptions> = {}): Promise<string | undefined> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw ioError(error, 'read', path)
  }
  try {
    if (!(await file.stat()).isFile()) throw fail('ERR_IO', { what: 'read', path, cause: 'no regular file' })
    return decodeText(await readBounded(file, path, options.bytesMax ?? limits.textFileBytesMax), path)
  } catch (error) {
    throw ioError(error, 'read', path)
  } finally {
    await file.close()
  }
}

async function openSecret(path: string): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK a pipe in the place of the file would hold us here for ever.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ELOOP') throw looseMode(path, 'it is a symbolic link', 'Name the file itself.')
    if (code === 'ENXIO') throw looseMode(path, 'it is no regular file', 'Move it away.')
    throw ioError(error, 'read', path)
  }
}

async function readBounded(file: FileHandle, path: string, bytesMax: number): Promise<Uint8Array> {
  // One byte more than allowed tells a file that is too large, also one that grows meanwhile.
  const bytes = new Uint8Array(bytesMax + 1 > 65_536 ? Math.min(bytesMax, (await file.stat()).size) + 1 : bytesMax + 1)
  let size = 0
  for (;;) {
    const { bytesRead } = await file.read(bytes, size, bytes.length - size, size)
    size += bytesRead
    if (bytesRead === 0 || size === bytes.length) break
  }
  if (size > bytesMax) throw fail('ERR_FILES_SIZE', { path, limit: bytesMax })
  const content = bytes.slice(0, size)
  // It may be a secret: one copy of it is enough.
  bytes.fill(0)
  return content
}

function decodeText(bytes: Uint8Array, path: string): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw fail('ERR_CODEC_TEXT', { what: path, why: 'not UTF-8' }, { cause })
  }
  if (text.startsWith('\u{feff}')) throw fail('ERR_CODEC_TEXT', { what: path, why: 'a byte order mark' })
  if (text.includes('\0')) throw fail('ERR_CODEC_TEXT', { what: path, why: 'a NUL character' })
  return text
}

function octal(found: Stats): string {
  return (found.mode & 0o777).toString(8).padStart(4, '0')
}
