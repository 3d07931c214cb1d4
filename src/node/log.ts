import { pino } from 'pino'
import { limits, type Log } from '../base/index.ts'

const ranks = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const

/** As the setting `log/level` spells them. */
export const logLevels: readonly string[] = Object.keys(ranks).map((name) => name.toUpperCase())

/** A log whose level can be changed while it runs. */
export interface NodeLog extends Log {
  setLevel(level: string): void
}

/**
 * Lines on stderr: JSON through pino, or one short line a person can read. Values are data, never parts of a format;
 * a line is cut at `limits.logLineBytesMax`.
 */
export function createLog(format: 'text' | 'json', level: string): NodeLog {
  const destination = pino.destination({ dest: 2, sync: true })
  // Nobody reads any more: an error that nobody took would be logged, which is the next error.
  destination.on('error', () => undefined)
  // Which levels count is decided here, for both formats; pino lets everything through.
  const sink = format === 'json' ? pino({ base: null, level: 'trace' }, destination) : undefined
  let threshold = rank(level)
  const write = (name: keyof typeof ranks, event: string, data: Record<string, unknown> | undefined): void => {
    if (ranks[name] < threshold) return
    if (sink === undefined) process.stderr.write(textLine(name, event, data))
    else sink[name](bounded(plainData(data)), event)
  }
  return {
    debug: (event, data) => {
      write('debug', event, data)
    },
    info: (event, data) => {
      write('info', event, data)
    },
    warn: (event, data) => {
      write('warn', event, data)
    },
    error: (event, data) => {
      write('error', event, data)
    },
    setLevel: (next) => {
      threshold = rank(next)
    },
  }
}

function rank(level: string): number {
  const name = level.toLowerCase()
  return Object.hasOwn(ranks, name) ? ranks[name as keyof typeof ranks] : ranks.info
}

/** Room for time, level and event beside the data. */
const frameBytesMax = 512

function bounded(data: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(data)
  const most = limits.logLineBytesMax - frameBytesMax
  // Escaped once more, a text may double.
  return Buffer.byteLength(text) <= most ? data : { cut: cutBytes(text, most / 2) }
}

/** Values that JSON can say, whatever was given: a log that throws would take the node with it. */
function plainData(data: Record<string, unknown> | undefined): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(data ?? {}, plain)) as Record<string, unknown>
  } catch {
    return { cut: 'values that cannot be written' }
  }
}

function plain(this: Record<string, unknown>, name: string, value: unknown): unknown {
  // As it was given: a Buffer comes here as its `toJSON`.
  const given = this[name]
  if (given instanceof Error) return given.message
  if (typeof given === 'bigint') return given.toString()
  // Bytes may be a secret, and tell a person nothing.
  if (given instanceof Uint8Array) return `<${String(given.length)} bytes>`
  return value
}

function textLine(level: string, event: string, data: Record<string, unknown> | undefined): string {
  // JSON.stringify escapes control characters and line ends: one event stays one line.
  const values = Object.entries(plainData(data)).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
  const line = `${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${event}${values.join('')}`
  const safe = line.replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '?')
  return `${cutBytes(safe, limits.logLineBytesMax - 1)}\n`
}

/** At most so many bytes of UTF-8, no character in halves. */
function cutBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text)
  return bytes.length <= bytesMax ? text : new TextDecoder().decode(bytes.subarray(0, bytesMax), { stream: true })
}
