const gap = '  '

/** Columns of text, as wide as their widest cell; no wider together than `columns` where there is a terminal. */
export function tableText(rows: readonly (readonly string[])[], columns: number | undefined): string {
  const count = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, index) =>
    Math.max(0, ...rows.map((row) => length(row[index] ?? ''))),
  )
  if (columns !== undefined) shrink(widths, columns - gap.length * Math.max(0, count - 1))
  return rows.map((row) => line(row, widths)).join('\n')
}

function line(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((text, index) => {
    const width = widths[index] ?? 0
    const shown = shorten(text, width)
    return index === row.length - 1 ? shown : shown + ' '.repeat(Math.max(0, width - length(shown)))
  })
  return cells.join(gap).trimEnd()
}

/** Takes from the widest column, one character at a time, until all fit or each is down to twelve. */
function shrink(widths: number[], columns: number): void {
  const least = 12
  for (let sum = widths.reduce((a, b) => a + b, 0); sum > columns; sum--) {
    const widest = widths.indexOf(Math.max(...widths))
    const width = widths[widest] ?? 0
    if (width <= least) return
    widths[widest] = width - 1
  }
}

/** Cut in the middle: ids share their beginnings, and people compare ends. */
function shorten(text: string, width: number): string {
  const characters = [...text]
  if (characters.length <= width) return text
  const head = Math.ceil((width - 1) / 2)
  const tail = width - 1 - head
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - tail).join('')}`
}

function length(text: string): number {
  return [...text].length
}
