import Autograd
import Datasets
import Foundation
import LanguageModel
import RewardModeling
import Tasks
import TensorKernels
import TestSupport
import Testing
import Tokenization
import Workbench

@Suite struct ModelFolderTests {
  private func model(_ vocabularySize: Int) -> Transformer<Float> {
    let sizes = ModelConfiguration(
      layers: 1, hiddenSize: 8, intermediateSize: 8, heads: 2, vocabularySize: vocabularySize,
      maximumLength: 8)
    var generator = Seed(1).generator(for: "test")
    return Transformer(configuration: sizes, using: &generator)
  }

  /// Every kind of tokenizer that a task has leaves files from which the same ids come back.
  @Test func tokenizersOfTasksComeBack() throws {
    let closed = ClosedVocabulary(words: ["a", "b", "c"])
    let words = WordVocabulary(words: ["a", "b", "c"])
    for tokenizer in [closed, words] as [any Tokenizer] {
      try inTemporaryFolder { folder in
        let place = ModelFolder(folder.appending(path: "model"))
        try place.write(model(tokenizer.vocabularySize), tokenizer: tokenizer)
        let read = try place.tokenizer()
        #expect(try read.encodePrompt("c a") == tokenizer.encodePrompt("c a"))
        #expect(read.decode([1, 2, 3]) == tokenizer.decode([1, 2, 3]))
        #expect(read.endToken == tokenizer.endToken && read.padToken == tokenizer.padToken)
      }
    }
  }

  @Test func aWeightsFileStandsForItsFolder() throws {
    try inTemporaryFolder { folder in
      let place = ModelFolder(folder.appending(path: "model"))
      try place.write(model(4), tokenizer: WordVocabulary(words: ["a"]))
      let file = ModelFolder(folder.appending(path: "model/model.safetensors"))
      #expect(try file.policy().parameters.values == place.policy().parameters.values)
      #expect(try file.tokenizer().vocabularySize == 4)
    }
  }

  @Test func aTokenizerWithMoreTokensThanTheModelIsRefused() throws {
    try inTemporaryFolder { folder in
      let place = ModelFolder(folder.appending(path: "model"))
      try place.write(model(3), tokenizer: WordVocabulary(words: ["a", "b"]))
      let error = #expect(throws: ForeignTokenizer.self) { try place.tokenizer() }
      #expect(error?.sizes == [5, 3])
    }
  }

  @Test func missingFilesAreNamed() throws {
    for name in ["nowhere.bin", "nowhere.gguf"] {
      let error = #expect(throws: MissingInput.self) {
        try ModelFolder(URL(filePath: "/x/\(name)")).policy()
      }
      #expect(error?.path == "/x/\(name)")
    }
    let weights = #expect(throws: MissingInput.self) {
      try ModelFolder(URL(filePath: "/x/y.safetensors")).policy()
    }
    #expect(weights?.path == "/x/y.safetensors")
  }
}
