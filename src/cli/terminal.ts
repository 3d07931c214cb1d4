import { isatty, type ReadStream, type WriteStream } from 'node:tty'
import { fail } from '../base/index.ts'
import type { Environment } from './global-options.ts'

/** Where words come from and go to; a test brings its own. */
export interface Terminal {
  readonly environment: Environment
  /** There is somebody to ask: stdin and stderr are a terminal. */
  readonly interactive: boolean
  /** Width of stdout where it is a terminal. */
  readonly columns: number | undefined
  readonly colors: { readonly stdout: boolean; readonly stderr: boolean }
  writeOut(text: string): void
  writeError(text: string): void
  /** One line typed by a person, without its end; nothing at the end of input and on Ctrl-C. */
  ask(question: string): Promise<string | undefined>
  /** The same without echo. */
  askSecret(question: string): Promise<string | undefined>
  /** All of stdin, for `@-`. Fails with `ERR_FILES_SIZE`. */
  readInput(bytesMax: number): Promise<Uint8Array>
}

/** The process's own terminal. A stream is made when it is first used: each costs milliseconds of the start. */
export function openTerminal(): Terminal {
  const isTerminal = [0, 1, 2].map((descriptor) => isatty(descriptor))
  const [stdin = false, stdout = false, stderr = false] = isTerminal
  return {
    environment: process.env,
    interactive: stdin && stderr,
    columns: stdout ? process.stdout.columns : undefined,
    colors: { stdout, stderr },
    writeOut: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
    ask: (question) => readLine(process.stdin, process.stderr, question, false),
    askSecret: (question) => readLine(process.stdin, process.stderr, question, true),
    readInput: (bytesMax) => readAll(process.stdin, bytesMax),
  }
}

async function readAll(stdin: ReadStream, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of stdin as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > bytesMax) throw fail('ERR_FILES_SIZE', { path: 'standard input', limit: bytesMax })
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}

/**
 * Reads byte by byte from the terminal's own line discipline, so that what was typed ahead for the next question, or
 * for the shell, stays where it is.
 */
function readLine(
  stdin: ReadStream,
  stderr: WriteStream,
  question: string,
  secret: boolean,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    let typed = ''
    const finish = (line: string | undefined) => {
      stdin.off('data', onData).off('end', onEnd).pause()
      process.off('SIGINT', onEnd)
      if (secret) stdin.setRawMode(false)
      if (secret || line === undefined) stderr.write('\n')
      resolve(line)
    }
    const onEnd = () => finish(undefined)
    const onData = (bytes: Uint8Array) => {
      for (const character of Buffer.from(bytes).toString('utf8')) {
        if (character === '\n' || character === '\r') return finish(typed)
        if (secret && (character === '\u0003' || (character === '\u0004' && typed === ''))) return finish(undefined)
        typed = secret && character === '\u007f' ? typed.slice(0, -1) : typed + character
      }
    }
    // Before the question: what is typed at once must not be echoed, and Ctrl-C be an answer.
    process.once('SIGINT', onEnd)
    if (secret) stdin.setRawMode(true)
    stdin.on('data', onData).once('end', onEnd).resume()
    stderr.write(question)
  })
}
