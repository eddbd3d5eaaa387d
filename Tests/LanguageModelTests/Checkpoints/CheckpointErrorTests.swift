import LanguageModel
import Testing
import Tokenization

/// Every mistake has a sentence of its own that names the file, what is wrong, and what to do.
@Suite struct CheckpointErrorTests {
  private static let gguf: [(GGUFError, [String])] = [
    (.notGGUF, ["'GGUF'"]),
    (.version(2), ["version 2", "convert it to version 3"]),
    (.bigEndian, ["highest byte first", "little-endian"]),
    (.impossibleCount(of: "tensors", 9), ["9 tensors", "download it again"]),
    (.cutOff(reading: "a key"), ["ends within a key"]),
    (.notText("key 'x'"), ["key 'x'", "UTF-8"]),
    (.unknownValueType(key: "x", type: 77), ["'x'", "77"]),
    (.nestedArray(key: "x"), ["'x'", "array of arrays"]),
    (.duplicate("x"), ["'x' occurs twice"]),
    (.impossibleAlignment(24), ["24", "powers of two"]),
    (.dimensions(tensor: "w", count: 9), ["'w'", "9 dimensions", "1 to 4"]),
    (.impossibleSize(tensor: "w"), ["'w'", "cannot be"]),
    (.unknownTensorType(tensor: "w", type: 99), ["'w'", "99"]),
    (.unsupportedTensorType(tensor: "w", type: "Q6_K"), ["'w'", "Q6_K", "quantise the model"]),
    (.misplaced(tensor: "w", expected: 32, found: 64), ["'w'", "64", "32"]),
    (.truncated(expected: 9, found: 5), ["5 bytes of 9", "download it again"]),
    (.trailingBytes(expected: 5, found: 9), ["9 bytes, 4 more"]),
    (.missingKey("llama.block_count"), ["llama.block_count", "missing"]),
    (.unsupported(key: "general.architecture", value: "gemma"), ["general.architecture", "gemma"]),
    (.tokenizer(.missingToken("th")), ["'th'"]),
  ]

  @Test(arguments: gguf)
  func sentencesOfGGUF(error: GGUFError, words: [String]) {
    let text = "\(CheckpointError.malformedGGUF(file: "/x/m.gguf", error))"
    #expect(text.hasPrefix("/x/m.gguf: "))
    for word in words { #expect(text.contains(word), "\(text)") }
  }

  private static let others: [(CheckpointError, [String])] = [
    (.malformedLlama2C(file: "/x/m.bin", .headerCutOff(bytes: 3)), ["/x/m.bin", "3 bytes"]),
    (.malformedLlama2C(file: "/x/m.bin", .laterVersion(2)), ["version 2", "--version 0"]),
    (.malformedLlama2C(file: "/x/m.bin", .unevenHeads(width: 8, heads: 3)), ["3 heads", "8"]),
    (.malformedLlama2C(file: "/x/m.bin", .overflow), ["more bytes than there can be"]),
    (
      .malformedLlama2C(file: "/x/m.bin", .wrongLength(expected: 9, found: 5)),
      ["9 bytes", "5", "download it again"]
    ),
    (.malformedIndex(file: "/x/i.json", .noWeightMap), ["/x/i.json", "weight_map"]),
    (.malformedIndex(file: "/x/i.json", .foreignFile("../a")), ["../a", "same folder"]),
    (.malformedIndex(file: "/x/i.json", .missing(tensor: "w", file: "a")), ["'w'", "not in 'a'"]),
    (
      .malformedIndex(file: "/x/i.json", .unlisted(tensor: "w", file: "a")),
      ["'w'", "download all of its files again"]
    ),
    (.untiedHead(file: "/x/m"), ["tie_word_embeddings", "set it to false"]),
    (.malformed(file: "/x/m", .headerStart), ["/x/m", "download or export it again"]),
    (.wrongType(file: "/x/m", tensor: "w", type: "I8"), ["'w'", "I8", "F32, F16 and BF16"]),
    (.nonFinite(file: "/x/m", tensor: "w"), ["'w'", "NaN", "training that wrote it"]),
  ]

  @Test(arguments: others)
  func sentencesOfOtherFiles(error: CheckpointError, words: [String]) {
    for word in words { #expect("\(error)".contains(word), "\(error)") }
  }
}
