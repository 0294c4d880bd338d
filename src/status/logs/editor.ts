/**
 * A read-only CodeMirror that shows lines of a log: their own numbers, marks on
 * warnings and errors, matches. It knows nothing of where lines come from.
 */
import {
  EditorSelection,
  EditorState,
  RangeSetBuilder,
  StateEffect,
  Text
} from '@codemirror/state';
import {
  Decoration,
  EditorView,
  GutterMarker,
  ViewPlugin,
  drawSelection,
  gutter,
  highlightSpecialChars,
  lineNumbers,
  type DecorationSet,
  type ViewUpdate
} from '@codemirror/view';

import { failIcon, warnIcon } from '../../common/icons';
import type { Level } from './levels';
import type { IMatch } from './matches';
import type { ILine } from './text';

export interface IEditorOptions {
  parent: HTMLElement;
  label: string;
  /** The number that stands beside a line, null for none. */
  numberOf(line: ILine): number | null;
  /** The user has moved away from the end. */
  onLeaveEnd(): void;
}

export class LogEditor {
  constructor(private readonly options: IEditorOptions) {
    this._view = new EditorView({
      parent: options.parent,
      state: EditorState.create({
        extensions: [
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.contentAttributes.of({
            tabindex: '0',
            'aria-label': options.label,
            'aria-readonly': 'true'
          }),
          highlightSpecialChars(),
          drawSelection(),
          theme,
          toEnd,
          gutter({
            class: 'jp-DaskHpc-LogEdge',
            lineMarker: (view, block) =>
              edges[this._lineAt(view, block.from)?.mark?.level ?? 'none'],
            lineMarkerChange: redrawn
          }),
          lineNumbers({
            formatNumber: number => {
              const line = this._lines[number - 1];
              return line
                ? String(options.numberOf(line) ?? '')
                : String(this._highest());
            }
          }),
          gutter({
            class: 'jp-DaskHpc-LogSign',
            lineMarker: (view, block) =>
              marks[this._lineAt(view, block.from)?.mark?.level ?? 'none'],
            lineMarkerChange: redrawn
          }),
          this._marks()
        ]
      })
    });
    this._view.scrollDOM.addEventListener('scroll', this._onScroll, {
      passive: true
    });
  }

  get lines(): readonly ILine[] {
    return this._lines;
  }

  dispose(): void {
    this._view.scrollDOM.removeEventListener('scroll', this._onScroll);
    this._view.destroy();
  }

  focus(): void {
    this._view.focus();
  }

  /** Show these lines and no others. */
  show(lines: readonly ILine[]): void {
    this._lines = [...lines];
    this._replace(0, this._view.state.doc.length, lines);
  }

  /**
   * Put these lines at the end, in place of those that come after line `id`.
   *
   * @returns the index of the first of them.
   */
  append(lines: readonly ILine[], id: number): number {
    let keep = this._lines.length;
    while (keep > 0 && this._lines[keep - 1].id > id) {
      keep--;
    }
    const { doc } = this._view.state;
    const before = keep > 0;
    const from = before ? doc.line(keep).to : 0;
    this._lines.length = keep;
    for (const line of lines) {
      this._lines.push(line);
    }
    this._replace(from, doc.length, lines, before && lines.length > 0);
    return keep;
  }

  /** Put these lines in front; what is in sight stays there. */
  prepend(lines: readonly ILine[]): void {
    const joins = this._lines.length > 0;
    this._lines = [...lines, ...this._lines];
    if (lines.length) {
      const text = lines.map(line => line.text);
      this._dispatch(0, 0, Text.of(joins ? [...text, ''] : text));
    }
  }

  /** Mark matches; the current one stands out. */
  setMatches(matches: readonly IMatch[], current: number): void {
    this._matches = matches;
    this._current = current;
    this._view.dispatch({ effects: redraw.of(null) });
  }

  /** Bring a line, and a match in it, into sight. */
  reveal(index: number, match?: IMatch): void {
    const { doc } = this._view.state;
    if (index < 0 || index >= doc.lines) {
      return;
    }
    const line = doc.line(index + 1);
    const range = match
      ? EditorSelection.range(line.from + match.from, line.from + match.to)
      : EditorSelection.cursor(line.from);
    this._view.dispatch({
      selection: match ? undefined : { anchor: line.from, head: line.to },
      effects: EditorView.scrollIntoView(range, {
        y: 'center',
        x: match ? 'nearest' : 'start'
      })
    });
    this._lastTop = 0;
  }

  /** Bring a line to the top. */
  scrollTo(index: number): void {
    const { doc } = this._view.state;
    const line = doc.line(index < 0 ? doc.lines : index + 1);
    this._view.dispatch({
      effects: EditorView.scrollIntoView(line.from, {
        y: 'start',
        yMargin: 0,
        x: 'start'
      })
    });
    this._lastTop = 0;
  }

  scrollToEnd(): void {
    this._lastTop = 0;
    const { doc } = this._view.state;
    this._view.dispatch({
      effects: EditorView.scrollIntoView(doc.line(doc.lines).from, { y: 'end' })
    });
  }

  /** Index of the first line in sight. */
  get top(): number {
    const { state } = this._view;
    const height = this._view.scrollDOM.scrollTop;
    return (
      state.doc.lineAt(this._view.lineBlockAtHeight(height).from).number - 1
    );
  }

  private _replace(
    from: number,
    to: number,
    lines: readonly ILine[],
    after = false
  ): void {
    const text = lines.map(line => line.text);
    const insert = after ? ['', ...text] : text.length ? text : [''];
    this._dispatch(from, to, Text.of(insert));
  }

  private _dispatch(from: number, to: number, insert: Text): void {
    this._view.dispatch({
      changes: { from, to, insert },
      effects: redraw.of(null)
    });
  }

  private _lineAt(view: EditorView, position: number): ILine | undefined {
    return this._lines[view.state.doc.lineAt(position).number - 1];
  }

  /** The widest number, which the gutter keeps room for. */
  private _highest(): number {
    for (let at = this._lines.length - 1; at >= 0; at--) {
      const number = this.options.numberOf(this._lines[at]);
      if (number !== null) {
        return number;
      }
      if (!this._lines[at].continues) {
        break;
      }
    }
    return 0;
  }

  private _onScroll = (): void => {
    const { scrollTop, scrollHeight, clientHeight } = this._view.scrollDOM;
    const end = scrollHeight - scrollTop - clientHeight < 8;
    if (!end && scrollTop < this._lastTop) {
      this.options.onLeaveEnd();
    }
    this._lastTop = scrollTop;
  };

  /** Decorations of what is in sight: the word of the level, matches. */
  private _marks() {
    const draw = (view: EditorView) => this._decorate(view);
    return ViewPlugin.fromClass(
      class {
        decorations: DecorationSet;
        constructor(view: EditorView) {
          this.decorations = draw(view);
        }
        update(update: ViewUpdate) {
          if (update.viewportChanged || redrawn(update)) {
            this.decorations = draw(update.view);
          }
        }
      },
      { decorations: plugin => plugin.decorations }
    );
  }

  private _decorate(view: EditorView): DecorationSet {
    const builder = new RangeSetBuilder<Decoration>();
    const { doc } = view.state;
    const first = doc.lineAt(view.viewport.from).number;
    const last = doc.lineAt(view.viewport.to).number;
    let next = this._matches.findIndex(match => match.line >= first - 1);
    for (let number = first; number <= last; number++) {
      const line = this._lines[number - 1];
      const { from, to } = doc.line(number);
      const spans: [number, number, Decoration][] = [];
      if (line?.mark && line.mark.to > line.mark.from) {
        spans.push([line.mark.from, line.mark.to, bold]);
      }
      while (next >= 0 && this._matches[next]?.line === number - 1) {
        const match = this._matches[next];
        const mark = next === this._current ? current : found;
        spans.push([match.from, match.to, mark]);
        next++;
      }
      spans.sort((a, b) => a[0] - b[0]);
      for (const [start, end, mark] of spans) {
        builder.add(from + start, Math.min(from + end, to), mark);
      }
    }
    return builder.finish();
  }

  private readonly _view: EditorView;
  private _lines: ILine[] = [];
  private _matches: readonly IMatch[] = [];
  private _current = -1;
  private _lastTop = 0;
}

/** Here and not in style/: it has to outweigh CodeMirror's own. */
const theme = EditorView.theme({
  '& .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground':
    { background: 'var(--jp-editor-selected-background)' }
});

/** The end of the document is its lower edge: whoever has scrolled to the right stays there. */
const toEnd = EditorView.scrollHandler.of(({ scrollDOM }, _, { y }) => {
  if (y !== 'end') {
    return false;
  }
  scrollDOM.scrollTop = scrollDOM.scrollHeight;
  return true;
});

/** Says that marks have to be drawn again. */
const redraw = StateEffect.define();

function redrawn(update: ViewUpdate): boolean {
  return (
    update.docChanged ||
    update.transactions.some(transaction =>
      transaction.effects.some(effect => effect.is(redraw))
    )
  );
}

const bold = Decoration.mark({ class: 'jp-DaskHpc-LogLevel' });
const found = Decoration.mark({ class: 'jp-DaskHpc-LogMatch' });
const current = Decoration.mark({
  class: 'jp-DaskHpc-LogMatch jp-mod-current'
});

class Edge extends GutterMarker {
  constructor(level: Level) {
    super();
    this.elementClass = `jp-DaskHpc-LogEdge-${level}`;
  }
}

class Sign extends GutterMarker {
  constructor(private readonly level: Level) {
    super();
  }
  override toDOM(): Node {
    const icon = this.level === 'error' ? failIcon : warnIcon;
    return icon.element({ tag: 'span' });
  }
}

const edges = {
  error: new Edge('error'),
  warning: new Edge('warning'),
  none: null
};
const marks = {
  error: new Sign('error'),
  warning: new Sign('warning'),
  none: null
};
