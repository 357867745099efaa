/** A move through the pictures: samples are columns. */
type Move = 'left' | 'right' | 'up' | 'down';

const keys: Readonly<Record<string, Move>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

const steps: Readonly<Record<Move, readonly [rows: number, columns: number]>> = {
  left: [0, -1],
  right: [0, 1],
  up: [-1, 0],
  down: [1, 0],
};

/** Pixels from which on a touch is a swipe. */
const swipe = 40;

/** Lets the pictures be walked through by arrow keys and swipes, and enlarged. */
export function browsePanels(): void {
  const grid = document.querySelector('.panels');
  const dialog = document.querySelector<HTMLDialogElement>('#enlarged');
  if (!grid || !dialog) return;
  const pictures = [...grid.querySelectorAll<HTMLButtonElement>('.picture')];
  const first = pictures[0];
  if (!first) return;
  let current = first;
  const choose = (picture: HTMLButtonElement): void => {
    current.tabIndex = -1;
    picture.tabIndex = 0;
    current = picture;
    if (dialog.open) show(dialog, current);
    else current.focus();
  };
  const go = (move: Move): void => choose(neighbour(pictures, current, move) ?? current);
  for (const picture of pictures) {
    picture.addEventListener('click', () => {
      choose(picture);
      dialog.showModal();
      show(dialog, picture);
    });
  }
  const onKey = (event: Event): void => {
    const move = keys[(event as KeyboardEvent).key];
    if (!move) return;
    event.preventDefault();
    go(move);
  };
  grid.addEventListener('keydown', onKey);
  dialog.addEventListener('keydown', onKey);
  // The focus goes back to the picture that was seen last, not to the one that was opened.
  dialog.addEventListener('close', () => current.focus());
  dialog.addEventListener('click', ({ target }) => {
    const wish = target instanceof Element ? target.closest('[data-go]')?.getAttribute('data-go') : null;
    if (wish === 'close' || target === dialog) dialog.close();
    else if (wish) go(wish as Move);
  });
  onSwipe(dialog.querySelector('img')!, go);
}

/** The next picture in a direction; a place without one is passed over. */
function neighbour(
  pictures: readonly HTMLButtonElement[],
  from: HTMLButtonElement,
  move: Move,
): HTMLButtonElement | undefined {
  const [rows, columns] = steps[move];
  const [row, column] = placeOf(from);
  const most = Math.max(...pictures.flatMap(placeOf));
  for (let step = 1; step <= most; step++) {
    const found = pictures.find((picture) => {
      const [otherRow, otherColumn] = placeOf(picture);
      return otherRow === row + step * rows && otherColumn === column + step * columns;
    });
    if (found) return found;
  }
  return undefined;
}

function placeOf({ dataset }: HTMLElement): [row: number, column: number] {
  return [Number(dataset['row']), Number(dataset['column'])];
}

function show(dialog: HTMLDialogElement, picture: HTMLButtonElement): void {
  const [shown, own] = [dialog.querySelector('img')!, picture.querySelector('img')!];
  const { title, sample } = picture.dataset;
  shown.src = own.src;
  shown.alt = own.alt;
  dialog.querySelector('h2')!.textContent = title ?? '';
  dialog.querySelector('[aria-live]')!.textContent = sample ?? '';
  const legend = picture.closest('tr')?.querySelector('.legend')?.cloneNode(true);
  dialog.querySelector('[data-legend]')!.replaceChildren(...(legend ? [legend] : []));
  picture.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

function onSwipe(element: HTMLElement, go: (move: Move) => void): void {
  let start: PointerEvent | undefined;
  element.addEventListener('pointerdown', (event) => {
    start = event.isPrimary ? event : undefined;
  });
  element.addEventListener('pointerup', (event) => {
    if (!start || event.pointerId !== start.pointerId) return;
    const [x, y] = [event.clientX - start.clientX, event.clientY - start.clientY];
    start = undefined;
    if (Math.max(Math.abs(x), Math.abs(y)) < swipe) return;
    if (Math.abs(x) > Math.abs(y)) go(x < 0 ? 'right' : 'left');
    else go(y < 0 ? 'down' : 'up');
  });
  element.addEventListener('dragstart', (event) => event.preventDefault());
}
