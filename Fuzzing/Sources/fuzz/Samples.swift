import Autograd
import Datasets
import Foundation
import LanguageModel
import TensorKernels
import Tokenization

/// Valid files to damage.
struct Samples {
  let model: Transformer<Float>
  let folder: URL

  init(folder: URL) throws {
    let sizes = ModelConfiguration(
      layers: 1, hiddenSize: 32, intermediateSize: 32, heads: 4, keyValueHeads: 2,
      vocabularySize: 300, maximumLength: 16)
    var generator = Seed(1).generator(for: "fuzz.model")
    model = Transformer<Float>(configuration: sizes, using: &generator)
    self.folder = folder
    try Checkpoint(folder: folder).write(model, tokens: SpecialTokens(begin: 1, end: 2, pad: 0))
  }

  func file(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appending(path: name)))
  }

  var gguf: [[UInt8]] {
    var plain = GGUFBytes(model)
    plain.set("tokenizer.ggml.model", GGUFBytes.string("gpt2"))
    plain.set("tokenizer.ggml.pre", GGUFBytes.string("smollm"))
    plain.set("tokenizer.ggml.tokens", GGUFBytes.strings(["<e>", "<s>", "a", "1", "2", "12"]))
    plain.set("tokenizer.ggml.token_type", GGUFBytes.integers([3, 3, 1, 1, 1, 1]))
    plain.set("tokenizer.ggml.merges", GGUFBytes.strings(["1 2"]))
    plain.set("tokenizer.ggml.bos_token_id", GGUFBytes.integer(1))
    plain.set("tokenizer.ggml.eos_token_id", GGUFBytes.integer(0))
    var quantised = plain
    for (type, bytes) in [(2, 18), (3, 20), (8, 34)] {
      quantised.tensors[type % 3].type = UInt32(type)
      let rows = quantised.tensors[type % 3].dimensions.dropFirst().reduce(1, *)
      quantised.tensors[type % 3].data = [UInt8](repeating: 60, count: bytes * Int(rows))
    }
    var pieces = plain
    pieces.set("tokenizer.ggml.model", GGUFBytes.string("llama"))
    pieces.set("tokenizer.ggml.tokens", GGUFBytes.strings(Self.pieces))
    pieces.set(
      "tokenizer.ggml.scores", GGUFBytes.numbers(Self.pieces.indices.map { -Float($0) }))
    pieces.set(
      "tokenizer.ggml.token_type",
      GGUFBytes.integers([2, 3, 3] + Array(repeating: 6, count: 256) + [1, 1, 1]))
    return [plain.bytes, quantised.bytes, pieces.bytes]
  }

  /// Every kind of value, with escapes and numbers of all sizes.
  let json = #"""
    {"a": [1, -0, 0.5, -1e-7, 1e999, 18446744073709551615, -9223372036854775808, 1E+2], "b": {},
    "\u00e9\ud83d\ude00\n\"\\\/": [true, false, null, []], "é": "\u0000\t ▁"}
    """#

  static let pieces =
    ["<unk>", "<s>", "</s>"]
    + (0..<256).map { "<0x" + String($0 + 256, radix: 16, uppercase: true).dropFirst() + ">" }
    + ["a", "b", "ab"]

  /// A table of pieces as llama2.c writes it.
  var pieceTable: [UInt8] {
    GGUFBytes.littleEndian(UInt32(8))
      + Self.pieces.enumerated().flatMap { index, piece in
        GGUFBytes.littleEndian((-Float(index)).bitPattern)
          + GGUFBytes.littleEndian(UInt32(piece.utf8.count)) + Array(piece.utf8)
      }
  }
}
