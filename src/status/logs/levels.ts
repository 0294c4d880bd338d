/**
 * The level of one line of a log. `logs/levels.py` is the same
 * for the server; both are tested with `tests/logs/log_lines.json`.
 */
export type Level = 'error' | 'warning';

/** The level of a line, and where the word that says so stands. */
export interface ILevelMark {
  level: Level;
  from: number;
  to: number;
}

/** The first level word of a line decides: "INFO - 0 ERROR rows" is no error. */
const WORD =
  /^.{0,120}?(?:^|[\s[|(-])(?:(TRACE|DEBUG|INFO|NOTICE)|(WARNING|WARN)|(ERROR|CRITICAL|FATAL))(?=$|[\s\]|):-])/;

/** Slurm's and PBS's daemons, the interpreter's last words, the shell's. */
const BARE_ERROR =
  /^(?:(?:slurm\w+|srun|sbatch)(?:\[\S*\])?: (?:error|fatal):|=>> PBS: |Fatal Python error:|(?:\S+: line \d+: .*)?(?:Segmentation fault|Bus error|Killed\b))/;

const BARE_WARNING = /^\S+:\d+: \w*Warning: /;

const TRACEBACK =
  /^\s*(?:\+ )?(?:Exception Group )?Traceback \(most recent call last\):/;

/** The level of a line on its own; null for everything under a warning. */
export function levelMark(line: string): ILevelMark | null {
  const word = WORD.exec(line);
  if (word) {
    const name = word[2] ?? word[3];
    const level = word[2] ? 'warning' : 'error';
    return name
      ? { level, from: word[0].length - name.length, to: word[0].length }
      : null;
  }
  const error = BARE_ERROR.exec(line);
  if (error) {
    return { level: 'error', from: 0, to: error[0].length };
  }
  const warning = BARE_WARNING.exec(line);
  return warning ? { level: 'warning', from: 0, to: 0 } : null;
}

/** Whether a Python traceback begins with this line. */
export function beginsTraceback(line: string): boolean {
  return TRACEBACK.test(line);
}
