import { expect, test } from "vitest";
import { FaultBoard } from "./fault-board.js";

test("tells what does not work, once a part, until it works", () => {
  const board = new FaultBoard();
  expect(board.list()).toEqual([]);
  board.raise("store", "the disk is full");
  board.raise("drift", "no reference");
  board.raise("store", "the file is locked");
  expect(board.list()).toEqual(["store: the file is locked", "drift: no reference"]);
  board.clear("store");
  board.clear("broker");
  expect(board.list()).toEqual(["drift: no reference"]);
});
