import { fail } from '../base/index.ts'
import { readSecretFile } from '../files/index.ts'

const passphraseBytesMax = 4_096

/** The bytes of a passphrase file without its last line end. Fails as `readSecretFile`, or `ERR_INVALID_INPUT` if empty. */
export async function readPassphraseFile(path: string): Promise<Uint8Array> {
  const bytes = await readSecretFile(path, { bytesMax: passphraseBytesMax })
  const end = bytes.at(-1) !== 0x0a ? bytes.length : bytes.at(-2) === 0x0d ? bytes.length - 2 : bytes.length - 1
  if (end === 0) throw fail('ERR_INVALID_INPUT', { what: `the passphrase file ${path} is empty` })
  return bytes.subarray(0, end)
}

/** Asks at the terminal, without echo. Undefined where there is none: the caller then finds the key locked. */
export async function askPassphrase(question: string): Promise<Uint8Array | undefined> {
  const { stdin, stderr } = process
  if (!stdin.isTTY || !stderr.isTTY) return undefined
  stderr.write(question)
  stdin.setRawMode(true)
  try {
    return await readHidden()
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}

function readHidden(): Promise<Uint8Array> {
  const typed: number[] = []
  return new Promise((resolve, reject) => {
    const done = (finish: () => void): void => {
      process.stdin.off('data', onData)
      finish()
    }
    const onData = (chunk: Buffer): void => {
      for (const byte of chunk) {
        if (byte === 0x03) {
          done(() => {
            reject(fail('ERR_CLI_INTERRUPTED'))
          })
          return
        }
        if (byte === 0x0a || byte === 0x0d) {
          const bytes = Uint8Array.from(typed)
          typed.fill(0)
          done(() => {
            resolve(bytes)
          })
          return
        }
        if (byte === 0x7f || byte === 0x08) eraseLast(typed)
        else typed.push(byte)
      }
    }
    process.stdin.on('data', onData)
  })
}

/** Backspace takes a whole character: UTF-8 continuation bytes begin with the bits 10. */
function eraseLast(typed: number[]): void {
  while (typed.length > 0) if (((typed.pop() ?? 0) & 0xc0) !== 0x80) return
}
