import Autograd
import Foundation
import LanguageModel
import TestSupport
import Testing
import Tokenization

@Suite struct Llama2CFileTests {
  private static let configurations = [
    tinyConfiguration(), tinyConfiguration(tiedHead: false),
    ModelConfiguration(
      layers: 3, hiddenSize: 12, intermediateSize: 10, heads: 3, keyValueHeads: 1,
      vocabularySize: 7, maximumLength: 16),
  ]

  private func read(_ bytes: [UInt8]) throws -> Llama2CFile {
    try inTemporaryFolder { folder in
      let file = folder.appending(path: "model.bin")
      try Data(bytes).write(to: file)
      return try Llama2CFile(contentsOf: file)
    }
  }

  /// The file's tensors turn neighbouring coordinates; what is read turns halves.
  @Test(arguments: configurations)
  func aModelOfNeighbouringPairsHasTheSameLogProbabilities(sizes: ModelConfiguration) throws {
    let stored: Transformer<Float> = tinyModel(sizes, seed: 5)
    let file = try read(llama2CBytes(stored))
    let expected = file.configuration
    #expect(expected == sizes)
    var naive = try NaiveLlama(doubled(stored))
    naive.pairing = .neighbours
    let found = try file.transformer().logProbabilities(of: exampleSequences)
    for (sequence, values) in zip(exampleSequences, found) {
      let exact = naive.logProbabilities(prompt: sequence.prompt, completion: sequence.completion)
      for (a, b) in zip(values, exact) { #expect(abs(Double(a) - b) < 2e-5) }
    }
  }

  /// The same weights without moving rows are another model, or the test above shows nothing.
  @Test func theOrderOfTheRowsMatters() throws {
    let stored: Transformer<Float> = tinyModel(Self.configurations[2], seed: 5)
    let read = try read(llama2CBytes(stored)).transformer()
    let sequence = [exampleSequences[2]]
    let (a, b) = (read.logProbabilities(of: sequence), stored.logProbabilities(of: sequence))
    #expect(zip(a[0], b[0]).contains { abs($0 - $1) > 1e-3 })
    let values = "model.layers.1.self_attn.v_proj.weight"
    #expect(read.parameters[values] == stored.parameters[values])
  }

  private func refusal(_ change: (inout [UInt8]) -> Void) throws -> CheckpointError? {
    var bytes = llama2CBytes(tinyModel())
    change(&bytes)
    do {
      _ = try read(bytes).transformer()
      return nil
    } catch let error as CheckpointError {
      return error
    }
  }

  private func rule(_ change: (inout [UInt8]) -> Void) throws -> Llama2CError? {
    guard case .malformedLlama2C(_, let rule) = try refusal(change) else { return nil }
    return rule
  }

  /// Sets one of the header's seven numbers.
  private func header(_ index: Int, _ value: Int32) throws -> Llama2CError? {
    try rule { bytes in
      for i in 0..<4 {
        bytes[4 * index + i] = UInt8(truncatingIfNeeded: UInt32(bitPattern: value) >> (8 * i))
      }
    }
  }

  @Test func everyRuleHasItsOwnError() throws {
    let count = llama2CBytes(tinyModel()).count
    #expect(try rule { $0.removeSubrange(20...) } == .headerCutOff(bytes: 20))
    #expect(try rule { $0 = [] } == .headerCutOff(bytes: 0))
    #expect(try rule { $0.removeLast() } == .wrongLength(expected: count, found: count - 1))
    #expect(try rule { $0.append(0) } == .wrongLength(expected: count, found: count + 1))
    #expect(try header(0, 0x616B_3432) == .laterVersion(6))
    #expect(try header(3, 3) == .unevenHeads(width: 8, heads: 3))
    #expect(try header(3, 0) == .unevenHeads(width: 8, heads: 0))
    for (index, value, word) in [(4, -1, "keyValueHeads"), (5, Int(Int32.min), "above 16777216")] {
      let error = try #require(try header(index, Int32(value)))
      #expect("\(error)".contains("impossible model: ") && "\(error)".contains(word))
    }
    #expect(try header(2, 1 << 24).map { "\($0)" }?.contains("its sizes call for") == true)
  }

  @Test func sizesWhoseProductOverflowsAreRefused() throws {
    let error = try rule { bytes in
      for index in [0, 1, 2, 3, 4, 5, 6] {
        bytes.replaceSubrange(4 * index..<4 * index + 4, with: [0, 0, 0, 1])
      }
    }
    #expect(
      error
        == .impossible(
          .impossibleConfiguration("a head is 1 wide; rotary positions need an even width")))
    let wide = try rule { bytes in
      for (index, value) in [(0, [0, 0, 0, 1]), (1, [0, 0, 0, 1]), (2, [0, 0, 0, 1])] {
        bytes.replaceSubrange(4 * index..<4 * index + 4, with: value.map { UInt8($0) })
      }
    }
    guard case .impossible(.impossibleConfiguration(let reason)) = wide else {
      Issue.record("\(wide)")
      return
    }
    #expect(reason.hasSuffix("at most 2⁴⁸ can be counted"))
  }

  @Test func weightsThatAreNotFiniteAreNamed() throws {
    let error = try refusal { $0.replaceSubrange(28..<32, with: [0, 0, 0xC0, 0x7F]) }
    guard case .nonFinite(let file, "model.embed_tokens.weight") = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(file.hasSuffix("model.bin"))
  }

  @Test func foldersAndMissingFilesAreUnreadable() throws {
    try inTemporaryFolder { folder in
      #expect(throws: CheckpointError.self) { try Llama2CFile(contentsOf: folder) }
      let missing = folder.appending(path: "no.bin")
      let error = #expect(throws: CheckpointError.self) { try Llama2CFile(contentsOf: missing) }
      guard case .unreadable(missing.path, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func messagesNameFileAndRemedy() throws {
    let error = try #require(try refusal { $0.removeLast() })
    #expect("\(error)".contains("model.bin: not a model of llama2.c"))
    #expect("\(error)".hasSuffix("download it again"))
  }
}

/// The same weights in double precision.
func doubled(_ model: Transformer<Float>) throws -> Transformer<Double> {
  var parameters = ParameterSet<Double>()
  for (name, shape) in zip(model.parameters.names, model.parameters.shapes) {
    parameters.append(name, shape: shape, values: model.parameters[name].map(Double.init))
  }
  return try Transformer(configuration: model.configuration, parameters: parameters)
}
