# bash completion for prox                                -*- shell-script -*-
#
# For this shell:      source <(prox completion bash)
# For good, with the package bash-completion:
#   prox completion bash > ~/.local/share/bash-completion/completions/prox
# For good, without it:
#   echo 'source <(prox completion bash)' >> ~/.bashrc
# On a Mac's own bash 3.2:
#   echo 'eval "$(prox completion bash)"' >> ~/.bash_profile

_prox() {
    local prox=prox answer what value about IFS=$'\n'
    [[ $1 == */prox ]] && prox=${1/#\~/$HOME}
    COMPREPLY=()
    answer=$(command "$prox" __complete bash "$COMP_LINE" "$COMP_POINT" "$2" "${COMP_WORDS[@]}" 2>/dev/null) || return 0
    {
        read -r what
        while IFS=$'\t' read -r value about; do
            COMPREPLY+=("$value")
        done
    } <<<"$answer"
    case $what in
    files)
        [[ ${#COMPREPLY[@]} == 0 ]] && COMPREPLY=($(compgen -f -- "$2"))
        compopt -o filenames 2>/dev/null
        ;;
    folders)
        [[ ${#COMPREPLY[@]} == 0 ]] && COMPREPLY=($(compgen -d -- "$2"))
        compopt -o filenames 2>/dev/null
        ;;
    command\ *)
        what=${what#command }
        IFS=$' \t\n'
        if declare -F _command_offset >/dev/null; then
            _command_offset "$what"
        elif [[ $COMP_CWORD == "$what" ]]; then
            IFS=$'\n'
            COMPREPLY=($(compgen -c -- "$2"))
        else
            IFS=$'\n'
            COMPREPLY=($(compgen -f -- "$2"))
            compopt -o filenames 2>/dev/null
        fi
        ;;
    esac
    return 0
}

complete -F _prox prox
