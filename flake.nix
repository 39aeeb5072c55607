{
  description = "Run a project's services in tmux, in the order of their dependencies";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      each = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      version = self.shortRev or self.dirtyShortRev or "dev";
    in
    {
      packages = each (
        pkgs:
        let
          prox = pkgs.buildGoModule {
            pname = "prox";
            inherit version;
            src = self;

            # Of go.mod: make vendor-hash writes it.
            vendorHash = "sha256-JmwKBGvPrD2iXtjAiQlQB5yD/L3r/i5BbhXKWgG4/7Q=";

            subPackages = [
              "."
              "internal/prox-shim"
            ];
            env.CGO_ENABLED = 0;
            ldflags = [
              "-s"
              "-w"
              "-X prox/internal/version.number=${version}"
            ];
            # The tests want terminals, tmux and ports; make test runs them.
            doCheck = false;

            nativeBuildInputs = [
              pkgs.installShellFiles
              pkgs.makeWrapper
            ];
            # The tmux of the person's PATH goes first: it is the one that runs
            # already. A wrapped prox is called .prox-wrapped, and looks for its
            # shim under that name.
            postInstall = ''
              installShellCompletion --cmd prox \
                --bash <($out/bin/prox completion bash) \
                --zsh <($out/bin/prox completion zsh) \
                --fish <($out/bin/prox completion fish)
              $out/bin/prox man > prox.1
              installManPage prox.1
              wrapProgram $out/bin/prox --suffix PATH : ${pkgs.lib.makeBinPath [ pkgs.tmux ]}
              ln -s prox-shim $out/bin/.prox-wrapped-shim
            '';

            meta = {
              description = "Run a project's services in tmux, in the order of their dependencies";
              license = pkgs.lib.licenses.mit;
              mainProgram = "prox";
              platforms = pkgs.lib.platforms.unix;
            };
          };
        in
        {
          inherit prox;
          default = prox;
        }
      );

      devShells = each (pkgs: {
        default = pkgs.mkShell {
          packages = with pkgs; [
            go
            gnumake
            tmux
            zsh
            fish
            mandoc
            groff
          ];
        };
      });
    };
}
