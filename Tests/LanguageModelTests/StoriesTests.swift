import Autograd
import Foundation
import LanguageModel
import Testing
import Tokenization

/// The published model of 260,032 parameters, where the folder of shared data is at hand.
private let folder = URL(filePath: #filePath).resolvingSymlinksInPath()
  .deletingLastPathComponent().appending(path: "../../../shared/data/stories260K")
  .standardizedFileURL
private let isAtHand = FileManager.default.fileExists(
  atPath: folder.appending(path: "stories260K.bin").path)

@Suite struct StoriesTests {
  @Test(.enabled(if: isAtHand, "../shared/data/stories260K is absent: skipped"))
  func aModelTrainedElsewhereTellsItsPublishedStory() throws {
    let file = try Words(folder.appending(path: "stories260K.bin"))
    let model = try llama(file)
    #expect(model.parameters.scalarCount == 260_032)
    var sampler = Sampler(model, temperature: 0)
    let story = sampler.sample(prompts: [[1]], maximumTokens: 256, endToken: 1) { _, _ in 0 }
    let pieces = try pieces(Data(contentsOf: folder.appending(path: "tok512.bin")))
    let text = story[0].sequence.completion.map { pieces[$0] }.joined()
    let page = try String(contentsOf: folder.appending(path: "stories260K.md"), encoding: .utf8)
    let expected = try #require(
      page.components(separatedBy: "-t 0.0\n").last?.components(separatedBy: "\n```").first)
    #expect(text.trimmingPrefix(" ") == expected)
  }

  /// The model of a llama2.c file; its rotary pairs lie next to each other.
  private func llama(_ file: Words) throws -> Transformer<Float> {
    var file = file
    let sizes = file.integers(7)
    let configuration = ModelConfiguration(
      layers: sizes[2], hiddenSize: sizes[0], intermediateSize: sizes[1], heads: sizes[3],
      keyValueHeads: sizes[4], vocabularySize: sizes[5], maximumLength: sizes[6])
    var generator = SplitMix(state: 0)
    var model = Transformer<Float>(configuration: configuration, using: &generator)
    func read(_ name: String) {
      model.parameters[name] = file.floats(model.parameters.shape(of: name).count)
    }
    func readLayers(_ name: String, heads: Int? = nil) {
      for layer in 0..<configuration.layers {
        let tensor = "model.layers.\(layer).\(name).weight"
        read(tensor)
        guard let heads else { continue }
        model.parameters[tensor] = halved(model.parameters[tensor], heads: heads)
      }
    }
    read("model.embed_tokens.weight")
    readLayers("input_layernorm")
    readLayers("self_attn.q_proj", heads: configuration.heads)
    readLayers("self_attn.k_proj", heads: configuration.keyValueHeads)
    for name in ["self_attn.v_proj", "self_attn.o_proj", "post_attention_layernorm"] {
      readLayers(name)
    }
    for name in ["mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"] { readLayers(name) }
    read("model.norm.weight")
    return model
  }

  /// Rows of a projection with the pairs (2i, 2i + 1) of each head moved to (i, i + half).
  private func halved(_ matrix: [Float], heads: Int) -> [Float] {
    let (columns, rows) = (64, matrix.count / 64 / heads)
    return (0..<heads).flatMap { head in
      (0..<rows).flatMap { row in
        let source = head * rows + 2 * (row % (rows / 2)) + row / (rows / 2)
        return matrix[source * columns..<(source + 1) * columns]
      }
    }
  }

  /// The pieces of a tokenizer: their greatest length, then score, length and bytes of each.
  private func pieces(_ data: Data) -> [String] {
    let bytes = Array(data)
    var (pieces, position): ([String], Int) = ([], 4)
    while position < bytes.count {
      let length = Int(bytes[position + 4])
      let text = String(decoding: bytes[position + 8..<position + 8 + length], as: UTF8.self)
      pieces.append(text == "<0x0A>" ? "\n" : text)
      position += 8 + length
    }
    return pieces
  }
}

/// A file of little-endian 32-bit words.
private struct Words {
  private var bytes: ArraySlice<UInt8>

  init(_ file: URL) throws {
    bytes = try Array(Data(contentsOf: file))[...]
  }

  private mutating func next() -> UInt32 {
    let word = bytes.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    bytes = bytes.dropFirst(4)
    return word
  }

  mutating func integers(_ count: Int) -> [Int] { (0..<count).map { _ in Int(next()) } }

  mutating func floats(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(bitPattern: next()) }
  }
}
