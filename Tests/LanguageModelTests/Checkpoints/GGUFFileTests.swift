import Autograd
import Foundation
import LanguageModel
import TestSupport
import Testing
import Tokenization

/// Sizes whose rows fill blocks of 32.
private let sizes = ModelConfiguration(
  layers: 2, hiddenSize: 32, intermediateSize: 32, heads: 4, keyValueHeads: 2, vocabularySize: 7,
  maximumLength: 16)

private func read(_ bytes: [UInt8]) throws -> GGUFFile {
  try inTemporaryFolder { folder in
    let file = folder.appending(path: "model.gguf")
    try Data(bytes).write(to: file)
    return try GGUFFile(contentsOf: file)
  }
}

@Suite struct GGUFFileTests {
  @Test(arguments: [true, false])
  func aModelOfNeighbouringPairsHasTheSameLogProbabilities(tiedHead: Bool) throws {
    var sizes = sizes
    sizes.tiedHead = tiedHead
    sizes.ropeTheta = 50_000
    let stored: Transformer<Float> = tinyModel(sizes, seed: 3)
    let file = try read(GGUFBytes(stored).bytes)
    #expect(file.configuration == sizes)
    var naive = NaiveLlama(try doubled(stored))
    naive.pairing = .neighbours
    let found = try file.transformer().logProbabilities(of: exampleSequences)
    for (sequence, values) in zip(exampleSequences, found) {
      let exact = naive.logProbabilities(prompt: sequence.prompt, completion: sequence.completion)
      for (a, b) in zip(values, exact) { #expect(abs(Double(a) - b) < 5e-5) }
    }
  }

  /// The second row of the embedding, stored as one block; the others are zero blocks.
  private func row(type: UInt32, block: [UInt8]) throws -> [Float] {
    var file = GGUFBytes(tinyModel(sizes) as Transformer<Float>)
    let zeros = [UInt8](repeating: 0, count: block.count)
    let index = try #require(file.tensors.firstIndex { $0.name == "token_embd.weight" })
    file.tensors[index].type = type
    file.tensors[index].data = zeros + block + (2..<7).flatMap { _ in zeros }
    let model = try read(file.bytes).transformer()
    return Array(model.parameters["model.embed_tokens.weight"][32..<64])
  }

  /// d = 0.5 is 0x3800 in half precision.
  @Test func blocksOfEightBits() throws {
    let block: [UInt8] = [0x00, 0x38] + (0..<32).map { UInt8(bitPattern: Int8($0 * 8 - 128)) }
    let expected = (0..<32).map { 0.5 * (Float($0) * 8 - 128) }
    #expect(try row(type: 8, block: block) == expected)
  }

  /// d = 2 is 0x4000; the low halves of the bytes count up, the high ones down.
  @Test func blocksOfFourBitsAroundZero() throws {
    let block: [UInt8] = [0x00, 0x40] + (0..<16).map { UInt8($0 | (15 - $0) << 4) }
    let up = (0..<16).map { 2 * (Float($0) - 8) }
    let expected: [Float] = up + up.reversed()
    #expect(try row(type: 2, block: block) == expected)
  }

  /// d = 0.25 is 0x3400 and m = −1.5 is 0xBE00.
  @Test func blocksOfFourBitsAboveALeastValue() throws {
    let block: [UInt8] = [0x00, 0x34, 0x00, 0xBE] + (0..<16).map { UInt8($0 | (15 - $0) << 4) }
    let up = (0..<16).map { 0.25 * Float($0) - 1.5 }
    let expected: [Float] = up + up.reversed()
    #expect(try row(type: 3, block: block) == expected)
  }

  /// 1, −2, 65504, the least subnormal 2⁻²⁴, and −0.
  @Test func numbersOfSixteenBits() throws {
    let half: [UInt16] =
      [0x3C00, 0xC000, 0x7BFF, 0x0001, 0x8000, 0x3555] + Array(repeating: 0, count: 26)
    let found = try row(type: 1, block: half.flatMap { GGUFBytes.littleEndian($0) })
    #expect(Array(found.prefix(5)) == [1, -2, 65504, 0x1p-24, 0])
    #expect(found[4].sign == .minus && found[5] == 0x1.554p-2)
    let brain: [UInt16] = [0x3F80, 0xC049] + Array(repeating: 0, count: 30)
    let wide = try row(type: 30, block: brain.flatMap { GGUFBytes.littleEndian($0) })
    #expect(wide[0] == 1 && wide[1] == -3.140625)
  }

  private func refusal(_ change: (inout GGUFBytes) -> Void) throws -> CheckpointError? {
    var file = GGUFBytes(tinyModel(sizes) as Transformer<Float>)
    change(&file)
    return try refusal(of: file.bytes)
  }

  private func refusal(of bytes: [UInt8]) throws -> CheckpointError? {
    do {
      _ = try read(bytes).transformer()
      return nil
    } catch let error as CheckpointError { return error }
  }

  private func rule(_ error: CheckpointError?) -> GGUFError? {
    guard case .malformedGGUF(let file, let rule) = error, file.hasSuffix("model.gguf") else {
      return nil
    }
    return rule
  }

  @Test func everyRuleOfTheHeaderHasItsOwnError() throws {
    let whole = GGUFBytes(tinyModel(sizes) as Transformer<Float>).bytes
    #expect(rule(try refusal(of: Array("GGML".utf8))) == .notGGUF)
    #expect(rule(try refusal(of: [])) == .notGGUF)
    #expect(rule(try refusal { $0.version = 2 }) == .version(2))
    #expect(rule(try refusal { $0.version = 3 << 24 }) == .bigEndian)
    #expect(rule(try refusal(of: Array(whole.prefix(6)))) == .cutOff(reading: "the version"))
    var many = whole
    many.replaceSubrange(8..<16, with: GGUFBytes.littleEndian(UInt64.max))
    #expect(rule(try refusal(of: many)) == .impossibleCount(of: "tensors", .max))
    #expect(rule(try refusal { $0.keys.append($0.keys[0]) }) == .duplicate("general.architecture"))
    #expect(
      rule(try refusal { $0.set("x", GGUFBytes.littleEndian(UInt32(77))) })
        == .unknownValueType(key: "x", type: 77))
    #expect(
      rule(try refusal { $0.set("x", GGUFBytes.littleEndian(UInt64(9) | 9 << 32)) })
        == .nestedArray(key: "x"))
    #expect(
      rule(try refusal { $0.set("general.alignment", GGUFBytes.integer(24)) })
        == .impossibleAlignment(24))
    #expect(
      rule(
        try refusal {
          $0.set(
            "x", GGUFBytes.littleEndian(UInt32(8)) + GGUFBytes.littleEndian(UInt64(1)) + [0xFF])
        })
        == .notText("key 'x'"))
  }

  @Test func everyRuleOfATensorHasItsOwnError() throws {
    let name = "token_embd.weight"
    #expect(
      rule(try refusal { $0.tensors[0].dimensions = [] }) == .dimensions(tensor: name, count: 0))
    #expect(
      rule(try refusal { $0.tensors[0].dimensions = [0, 7] }) == .impossibleSize(tensor: name))
    #expect(
      rule(try refusal { $0.tensors[0].dimensions = [1 << 62, 1 << 62] })
        == .impossibleSize(tensor: name))
    #expect(
      rule(try refusal { ($0.tensors[0].type, $0.tensors[0].dimensions) = (8, [33, 7]) })
        == .impossibleSize(tensor: name))
    #expect(
      rule(try refusal { $0.tensors[0].type = 99 }) == .unknownTensorType(tensor: name, type: 99))
    #expect(
      rule(try refusal { $0.tensors[0].type = 14 })
        == .unsupportedTensorType(tensor: name, type: "Q6_K"))
    guard case .misplaced(let tensor, _, _) = rule(try refusal { $0.tensors[0].data += [0] }) else {
      Issue.record("a tensor too long by a byte")
      return
    }
    #expect(tensor == "blk.0.attn_norm.weight")
    let twice = rule(try refusal { $0.tensors.append($0.tensors[1]) })
    #expect(twice == .duplicate("blk.0.attn_norm.weight"))
  }

  @Test func cutAndLengthenedFilesAreRefused() throws {
    let whole = GGUFBytes(tinyModel(sizes) as Transformer<Float>).bytes
    let end = whole.count
    #expect(rule(try refusal(of: whole.dropLast())) == .truncated(expected: end, found: end - 1))
    #expect(rule(try refusal(of: whole + [0])) == .trailingBytes(expected: end, found: end + 1))
    for count in stride(from: 0, to: 1500, by: 31) {
      #expect(try refusal(of: Array(whole.prefix(count))) != nil, "\(count) bytes")
    }
  }

  @Test func modelsThatAreNotSupportedAreNamed() throws {
    func key(_ name: String, _ value: [UInt8]) throws -> GGUFError? {
      rule(try refusal { $0.set(name, value) })
    }
    #expect(
      try key("general.architecture", GGUFBytes.string("gemma"))
        == .unsupported(key: "general.architecture", value: "gemma"))
    #expect(
      try key("llama.rope.scaling.type", GGUFBytes.string("yarn"))
        == .unsupported(key: "llama.rope.scaling.type", value: "yarn"))
    #expect(
      try key("llama.rope.dimension_count", GGUFBytes.integer(4))
        == .unsupported(key: "llama.rope.dimension_count", value: "4"))
    #expect(
      try key("llama.expert_count", GGUFBytes.integer(8))
        == .unsupported(key: "llama.expert_count", value: "8"))
    #expect(
      try key("llama.block_count", GGUFBytes.string("2")) == .missingKey("llama.block_count"))
    let missing = rule(try refusal { $0.keys.removeAll { $0.name.hasSuffix("rms_epsilon") } })
    #expect(missing == .missingKey("llama.attention.layer_norm_rms_epsilon"))
  }

  @Test func tensorsMustBeThoseOfTheModel() throws {
    let missing = try refusal { $0.tensors.removeLast() }
    guard case .mismatch(_, .missingTensor("model.norm.weight")) = missing else {
      Issue.record("\(String(describing: missing))")
      return
    }
    let more = try refusal { file in
      file.tensors.append(
        .init(
          name: "rope_freqs.weight", dimensions: [4], type: 0, data: GGUFBytes.floats([1, 1, 1, 1]))
      )
    }
    guard case .mismatch(_, .unexpectedTensor("rope_freqs.weight")) = more else {
      Issue.record("\(String(describing: more))")
      return
    }
    let layers = try refusal { $0.set("llama.block_count", GGUFBytes.integer(1 << 24)) }
    guard case .mismatch(_, .missingTensor) = layers else {
      Issue.record("\(String(describing: layers))")
      return
    }
    let infinite = try refusal {
      $0.tensors[0].data.replaceSubrange(0..<4, with: [0, 0, 0x80, 0x7F])
    }
    guard case .nonFinite(_, "model.embed_tokens.weight") = infinite else {
      Issue.record("\(String(describing: infinite))")
      return
    }
  }
}

@Suite struct GGUFTokenizerTests {
  private func file(_ change: (inout GGUFBytes) -> Void) throws -> GGUFFile {
    var bytes = GGUFBytes(tinyModel(sizes) as Transformer<Float>)
    let tokens = ["<|end|>", "<|start|>", "a", "1", "2", "12", "\u{120}"]
    bytes.set("tokenizer.ggml.model", GGUFBytes.string("gpt2"))
    bytes.set("tokenizer.ggml.pre", GGUFBytes.string("smollm"))
    bytes.set("tokenizer.ggml.tokens", GGUFBytes.strings(tokens))
    bytes.set("tokenizer.ggml.token_type", GGUFBytes.integers([3, 3, 1, 1, 1, 1, 1]))
    bytes.set("tokenizer.ggml.merges", GGUFBytes.strings(["1 2"]))
    bytes.set("tokenizer.ggml.bos_token_id", GGUFBytes.integer(1))
    bytes.set("tokenizer.ggml.eos_token_id", GGUFBytes.integer(0))
    change(&bytes)
    return try read(bytes.bytes)
  }

  private func refusal(_ change: (inout GGUFBytes) -> Void) throws -> GGUFError? {
    do {
      _ = try file(change).tokenizer()
      return nil
    } catch CheckpointError.malformedGGUF(_, let error) { return error }
  }

  @Test func bytePairsInsideTheFile() throws {
    let read = try file { _ in }.tokenizer()
    #expect(try read.encode("<|start|>a 12") == [1, 2, 6, 3, 4])
    #expect(try read.encodePrompt("a") == [2])
    let words = try file { $0.set("tokenizer.ggml.pre", GGUFBytes.string("gpt-2")) }.tokenizer()
    #expect(try words.encode("a 12") == [2, 6, 5])
    let opening = try file { $0.set("tokenizer.ggml.add_bos_token", GGUFBytes.boolean(true)) }
    #expect(try opening.tokenizer().encodePrompt("a") == [1, 2])
    #expect(read.endToken == 0 && read.beginToken == 1)
  }

  @Test func piecesInsideTheFile() throws {
    let spelt = (0..<256).map { String(format: "<0x%02X>", $0) }
    let tokens = ["<unk>", "<s>", "</s>"] + spelt + ["\u{2581}", "a", "b", "ab", "\u{2581}a"]
    let read = try file { bytes in
      bytes.set("tokenizer.ggml.model", GGUFBytes.string("llama"))
      bytes.set("tokenizer.ggml.tokens", GGUFBytes.strings(tokens))
      bytes.set("tokenizer.ggml.scores", GGUFBytes.numbers((0..<264).map { -Float($0) }))
      let types = [2, 3, 3] + [Int](repeating: 6, count: 256) + [1, 1, 1, 1, 1]
      bytes.set("tokenizer.ggml.token_type", GGUFBytes.integers(types))
      bytes.set("tokenizer.ggml.eos_token_id", GGUFBytes.integer(2))
      bytes.set("tokenizer.ggml.unknown_token_id", GGUFBytes.integer(0))
    }.tokenizer()
    // "ab" scores higher than "▁a", so that " ab" becomes "▁" and "ab".
    #expect(try read.encodePrompt("ab") == [1, 259, 262])
    #expect(try read.encode("a\n") == [260, 3 + 10])
    #expect(read.padToken == 0 && read.endToken == 2)
  }

  @Test func whatIsMissingOrNotSupportedIsNamed() throws {
    func without(_ name: String) throws -> GGUFError? {
      try refusal { $0.keys.removeAll { $0.name == "tokenizer.ggml.\(name)" } }
    }
    for name in ["model", "tokens", "token_type", "merges", "eos_token_id"] {
      #expect(try without(name) == .missingKey("tokenizer.ggml.\(name)"))
    }
    #expect(try without("pre") == .unsupported(key: "tokenizer.ggml.pre", value: "nothing"))
    #expect(
      try refusal { $0.set("tokenizer.ggml.model", GGUFBytes.string("t5")) }
        == .unsupported(key: "tokenizer.ggml.model", value: "t5"))
    #expect(
      try refusal { $0.set("tokenizer.ggml.eos_token_id", GGUFBytes.integer(99)) }
        == .tokenizer(.idOutOfRange("tokenizer.ggml.eos_token_id", id: 99, count: 7)))
    #expect(
      try refusal { $0.set("tokenizer.ggml.merges", GGUFBytes.strings(["1 x"])) }
        == .tokenizer(.missingToken("x")))
    #expect(
      try refusal { $0.set("tokenizer.ggml.merges", GGUFBytes.strings(["12"])) }
        == .tokenizer(.missingToken("12")))
    #expect(
      try refusal { $0.set("tokenizer.ggml.token_type", GGUFBytes.integers([1])) }
        == .missingKey("tokenizer.ggml.token_type"))
  }
}
