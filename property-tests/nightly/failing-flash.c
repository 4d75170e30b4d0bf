// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// A kernel module for the emulated machine: NAND flash whose power fails. It stands before MTD device
// 0 and counts page programs and block erases; after `left` of them the next one is torn, and from
// then on nothing can be written. What is below stays as it is, for whoever attaches it afterwards.
//
// A torn program leaves nothing, a part, a part with garbage behind it, a part that the error
// correction refuses, or all of the page. A torn erase leaves the block, an erased block, the old
// content from some page on, or garbage in it.
#include <linux/err.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/mtd/mtd.h>
#include <linux/mutex.h>
#include <linux/vmalloc.h>

static long left = -1;
module_param(left, long, 0600);
MODULE_PARM_DESC(left, "operations until the power fails; never where it is negative");

static bool off;
module_param(off, bool, 0600);
MODULE_PARM_DESC(off, "whether it has failed; 0 gives the power back");

static unsigned int seed = 1;
module_param(seed, uint, 0600);
MODULE_PARM_DESC(seed, "of what torn operations leave behind; not 0");

static unsigned long programmed;
module_param(programmed, ulong, 0400);
MODULE_PARM_DESC(programmed, "bytes of all pages that were programmed");

static unsigned int page_size;
module_param(page_size, uint, 0400);
MODULE_PARM_DESC(page_size, "bytes of a page, where the flash below has none: memory that is kept");

static unsigned int plug;
module_param(plug, uint, 0400);
MODULE_PARM_DESC(plug, "a port of the emulator that ends it: then the whole machine is off, at once");

static struct mtd_info *below;
static struct mtd_info above;
static u8 *page, *block;
static DEFINE_MUTEX(lock);

static unsigned int below_number(unsigned int limit) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed % limit;
}

static void fill_with_garbage(u8 *bytes, unsigned int length) {
  while (length-- > 0) *bytes++ = below_number(256);
}

// Programs a page; raw ones get no error correction of their own.
static int program(loff_t at, u8 *bytes, unsigned int mode) {
  struct mtd_oob_ops ops = {.mode = mode, .len = above.writesize, .datbuf = bytes};
  return mtd_write_oob(below, at, &ops);
}

static void tear_program(loff_t at, const u8 *bytes) {
  unsigned int size = above.writesize, kept = below_number(size);
  switch (below_number(5)) {
    case 0:
      return;
    case 1:
      memcpy(page, bytes, kept);
      memset(page + kept, 0xff, size - kept);
      program(at, page, MTD_OPS_PLACE_OOB);
      return;
    case 2:
      memcpy(page, bytes, kept);
      fill_with_garbage(page + kept, size - kept);
      program(at, page, MTD_OPS_PLACE_OOB);
      return;
    case 3:
      memcpy(page, bytes, kept);
      fill_with_garbage(page + kept, size - kept);
      program(at, page, MTD_OPS_RAW);
      return;
    default:
      memcpy(page, bytes, size);
      program(at, page, MTD_OPS_PLACE_OOB);
  }
}

static int erase_below(loff_t at) {
  struct erase_info what = {.addr = at, .len = below->erasesize};
  return mtd_erase(below, &what);
}

// What the driver below cannot do, half of an erase: the rest is programmed again, as it was.
static void tear_erase(loff_t at) {
  unsigned int size = above.writesize, pages = below->erasesize / size;
  unsigned int from = below_number(pages), i;
  size_t read;
  switch (below_number(4)) {
    case 0:
      return;
    case 1:
      erase_below(at);
      return;
    case 2:
      mtd_read(below, at, below->erasesize, &read, block);
      erase_below(at);
      for (i = from; i < pages; i++) program(at + i * size, block + i * size, MTD_OPS_PLACE_OOB);
      return;
    default:
      erase_below(at);
      for (i = 0; i < 3; i++) {
        fill_with_garbage(page, size);
        program(at + below_number(pages) * size, page, MTD_OPS_RAW);
      }
  }
}

// With the power of the flash all else is gone, where there is a plug to be pulled.
static void power_failed(void) {
  if (plug > 0) outb(1, plug);
}

// Whether the next operation is the one that is torn.
static bool fails_now(void) {
  if (left < 0) return false;
  if (left > 0) {
    left--;
    return false;
  }
  left = -1;
  off = true;
  return true;
}

static int write_above(struct mtd_info *mtd, loff_t to, size_t length, size_t *done,
                       const u8 *bytes) {
  int result = 0;
  mutex_lock(&lock);
  for (*done = 0; *done < length && result == 0; *done += above.writesize) {
    size_t written;
    if (off) {
      result = -EIO;
    } else if (fails_now()) {
      tear_program(to + *done, bytes + *done);
      power_failed();
      result = -EIO;
    } else {
      result = mtd_write(below, to + *done, above.writesize, &written, bytes + *done);
      programmed += above.writesize;
    }
    if (result != 0) break;
  }
  mutex_unlock(&lock);
  return result;
}

static int erase_above(struct mtd_info *mtd, struct erase_info *what) {
  int result = 0;
  u64 done;
  mutex_lock(&lock);
  for (done = 0; done < what->len && result == 0; done += below->erasesize) {
    if (off) {
      result = -EIO;
    } else if (fails_now()) {
      tear_erase(what->addr + done);
      power_failed();
      result = -EIO;
    } else {
      result = erase_below(what->addr + done);
    }
  }
  mutex_unlock(&lock);
  return result;
}

static int read_above(struct mtd_info *mtd, loff_t from, size_t length, size_t *done, u8 *bytes) {
  return mtd_read(below, from, length, done, bytes);
}

static int is_bad_above(struct mtd_info *mtd, loff_t at) { return mtd_block_isbad(below, at); }

static int mark_bad_above(struct mtd_info *mtd, loff_t at) {
  return off ? -EIO : mtd_block_markbad(below, at);
}

static int __init begin(void) {
  int result;
  below = get_mtd_device(NULL, 0);
  if (IS_ERR(below)) return PTR_ERR(below);
  page = vmalloc(page_size > 0 ? page_size : below->writesize);
  block = vmalloc(below->erasesize);
  if (page == NULL || block == NULL) {
    result = -ENOMEM;
    goto failed;
  }
  above.name = "failing-flash";
  above.owner = THIS_MODULE;
  above.type = below->type;
  above.flags = below->flags;
  above.size = below->size;
  above.erasesize = below->erasesize;
  above.writesize = page_size > 0 ? page_size : below->writesize; // and no parts of pages
  above.writebufsize = page_size > 0 ? page_size : below->writebufsize;
  above._read = read_above;
  above._write = write_above;
  above._erase = erase_above;
  above._block_isbad = is_bad_above;
  above._block_markbad = mark_bad_above;
  result = mtd_device_register(&above, NULL, 0);
  if (result == 0) return 0;
failed:
  vfree(page);
  vfree(block);
  put_mtd_device(below);
  return result;
}
module_init(begin);

MODULE_DESCRIPTION("NAND flash whose power fails");
MODULE_LICENSE("Dual MIT/GPL");
